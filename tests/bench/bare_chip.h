#pragma once

#include <memory>
#include <string>

#include "tests/bench/load.h"
#include "tpm/context.h"
#include "tpm/handle.h"
#include "tpm/key_device.h"

// A chip without the agent: no thread, no socket, the key loaded.
namespace edgeseal::bench {

// Through tpm/, as the agent uses a chip: an HMAC session salted to the storage key, encrypted parameters.
class BareDevice {
 public:
  explicit BareDevice(const std::string& tcti);
  // With a new key, loaded. Must not outlive this.
  [[nodiscard]] Operation signer(tpm::KeyAlgorithm algorithm);

 private:
  std::unique_ptr<tpm::KeyDevice> device_;
};

// The least that a signature costs: Esys_Sign with an empty password.
class RawChip {
 public:
  explicit RawChip(const std::string& tcti) : context_(tcti, {}) {}
  [[nodiscard]] Operation signer(tpm::KeyAlgorithm algorithm);

 private:
  tpm::Context context_;
};

}  // namespace edgeseal::bench
