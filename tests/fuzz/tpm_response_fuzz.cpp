// Whatever a chip, or what stands between us and it, answers: the device opens or says why not, and every operation
// ends in a result or a tpm::Error. Answers in the session need its HMAC, which no input has: behind the opening,
// inputs get as far as what is read without it, and through all handling of errors.
#include <dlfcn.h>

#include <cstdlib>
#include <functional>
#include <initializer_list>

#include "tests/fuzz/tcti_input.h"
#include "tpm/error.h"
#include "tpm/esys_key_device.h"

namespace {

using namespace edgeseal;
using tpm::Bytes;
using tpm::KeyDevice;

constexpr std::size_t kMaxInput = 65536;

test::SetTctiInput load_module() {
  ::setenv("TSS2_LOG", "all+none", 0);
  void* module = ::dlopen(EDGESEAL_TCTI_INPUT_MODULE, RTLD_NOW);
  void* symbol = module == nullptr ? nullptr : ::dlsym(module, test::kSetTctiInput);
  if (symbol == nullptr) std::abort();
  return reinterpret_cast<test::SetTctiInput>(symbol);
}

tpm::DeviceSettings settings() {
  tpm::DeviceSettings settings;
  settings.tcti = EDGESEAL_TCTI_INPUT_MODULE;
  settings.retry_pauses = {};
  settings.encrypt_responses = true;  // else the opening would try it, in the session
  return settings;
}

void run(const std::function<void()>& operation) {
  try {
    operation();
  } catch (const tpm::Error& error) {
    if (*error.what() == '\0') std::abort();
  }
}

void use(KeyDevice& device) {
  const Bytes digest(32);
  const tpm::AttestationKey no_key{};
  for (const auto& operation : std::initializer_list<std::function<void()>>{
           [&] { (void)device.lockout(); },
           [&] { (void)device.read_pcrs(tpm::kAllPcrs); },
           [&] { (void)device.manufacturer_keys(); },
           [&] { (void)device.activate_credential(no_key, tpm::EndorsementKey::rsa_2048, digest, digest); },
           [&] { (void)device.create(tpm::KeyAlgorithm::ec_p256); },
           [&] { (void)device.seal(digest); },
           [&] { device.stir_random(digest); },
           [&] { (void)device.read_anchor(); },
           [&] { (void)device.define_anchor(); },
           [&] { device.remove_anchor({}); },
       }) {
    run(operation);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::SetTctiInput set_input = load_module();
  if (size > kMaxInput) return -1;
  set_input(data, size);
  run([] { use(*tpm::open_esys_key_device(settings())); });
  return 0;
}
