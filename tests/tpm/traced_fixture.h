#pragma once

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/tpm/device_fixture.h"

namespace edgeseal::test {

// TPM_CC, as the trace writes and a script reads them.
namespace command {
constexpr const char* kNvDefineSpace = "0000012a";
constexpr const char* kNvIncrement = "00000134";
constexpr const char* kNvSetBits = "00000135";
constexpr const char* kNvWrite = "00000137";
constexpr const char* kNvRead = "0000014e";
constexpr const char* kStirRandom = "00000146";
constexpr const char* kCreatePrimary = "00000131";
constexpr const char* kCreate = "00000153";
constexpr const char* kImport = "00000156";
constexpr const char* kLoad = "00000157";
constexpr const char* kSign = "0000015d";
constexpr const char* kUnseal = "0000015e";
constexpr const char* kFlushContext = "00000165";
constexpr const char* kLoadExternal = "00000167";
constexpr const char* kPolicyAuthorize = "0000016a";
constexpr const char* kPolicyAuthValue = "0000016b";
constexpr const char* kStartAuthSession = "00000176";
constexpr const char* kVerifySignature = "00000177";
constexpr const char* kGetCapability = "0000017a";
constexpr const char* kPcrRead = "0000017e";
constexpr const char* kPolicyPcr = "0000017f";
constexpr const char* kPolicyRestart = "00000180";
}  // namespace command

// A device whose commands are counted, and fail where the script says so.
struct TracedFixture {
  Swtpm swtpm;
  tpm::Bytes digest = sha256(bytes_of("a message"));
  std::unique_ptr<tpm::KeyDevice> device;

  TracedFixture() {
    ::setenv("EDGESEAL_TCTI_TRACE", swtpm.directory().file("trace").c_str(), 1);
    ::setenv("EDGESEAL_TCTI_SCRIPT", swtpm.directory().file("script").c_str(), 1);
    open();
  }
  TracedFixture(const TracedFixture&) = delete;
  TracedFixture& operator=(const TracedFixture&) = delete;
  ~TracedFixture() {
    ::unsetenv("EDGESEAL_TCTI_TRACE");
    ::unsetenv("EDGESEAL_TCTI_SCRIPT");
    ::unsetenv("EDGESEAL_TCTI_DUMP");
  }

  void open() {
    device.reset();
    device = tpm::open_esys_key_device(settings_for(swtpm.traced_tcti()));
  }

  void open_without_response_encryption() {
    tpm::DeviceSettings settings = settings_for(swtpm.traced_tcti());
    settings.encrypt_responses = false;
    device.reset();
    device = tpm::open_esys_key_device(settings);
  }

  // A new connection with these faults; the counts of calls begin with it.
  void open_with(const std::string& script) {
    std::ofstream(swtpm.directory().file("script")) << script;
    open();
  }
  void open_without_faults() { open_with(""); }

  [[nodiscard]] tpm::StoredKey new_key() const { return stored(device->create(tpm::KeyAlgorithm::ec_p256)); }

  void sign(const tpm::StoredKey& key) const { (void)device->sign_ecdsa(key, tpm::HashAlgorithm::sha256, digest); }

  // What crossed since the last call.
  [[nodiscard]] std::vector<std::string> commands() {
    std::ifstream trace(swtpm.directory().file("trace"));
    std::vector<std::string> all{std::istream_iterator<std::string>(trace), {}};
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(seen_));
    seen_ += all.size();
    return all;
  }

  [[nodiscard]] static std::ptrdiff_t count(const std::vector<std::string>& commands, const char* code) {
    return std::ranges::count(commands, code);
  }

 private:
  std::size_t seen_ = 0;
};

}  // namespace edgeseal::test
