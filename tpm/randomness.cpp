#include "tpm/randomness.h"

#include <algorithm>

#include "tpm/key_device.h"
#include "tpm/memory.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kOperation = "stir random numbers";
constexpr std::size_t kMaxPerCommand = 128;  // TPM 2.0 Part 3 §16.2

void stir_once(Session& session, ByteView entropy) {
  Wiped<TPM2B_SENSITIVE_DATA> input;
  if (!assign(input.value, entropy)) throw Error(kOperation, Fault::failed, "too long for one command");
  session.run(kOperation, Session::Encrypt::command, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_StirRandom(esys, authorising, ESYS_TR_NONE, ESYS_TR_NONE, &input.value);
  });
}

}  // namespace

void stir_random(Session& session, ByteView entropy) {
  if (entropy.size() > KeyDevice::kMaxEntropy) throw Error(kOperation, Fault::failed, "more than 1024 bytes");
  while (!entropy.empty()) {
    const ByteView part = entropy.first(std::min(entropy.size(), kMaxPerCommand));
    stir_once(session, part);
    entropy = entropy.subspan(part.size());
  }
}

}  // namespace edgeseal::tpm
