#pragma once

#include "tpm/handle.h"

namespace edgeseal::tpm {

// A session of a device, salted to the storage key: who reads or alters the bus between here and the chip
// neither learns the encrypted parameters nor changes a command unnoticed. What it does not stop is a chip that owns
// another storage key; that is what the recorded Name is for.
class Session {
 public:
  // Which first parameter crosses the bus encrypted. It must be a TPM2B (TPM 2.0 Part 1 §21). Responses: as long as the
  // context does not give it up.
  enum class Encrypt { nothing, command, response, both };

  // As Context::Command, with this session.
  using Command = std::function<TSS2_RC(ESYS_CONTEXT*, ESYS_TR session)>;

  enum class Kind {
    hmac,          // the first of a device: in a chip that has none left, it flushes all sessions
    further_hmac,  // for a command with two keys
    policy         // satisfies nothing yet
  };

  Session(Context& context, ESYS_TR salt_key, Kind kind = Kind::hmac);

  // As Context::run: the session authorises the command. Its attributes fall back afterwards, however that ended.
  void run(const char* operation, Encrypt parameters, const Command& command);
  // The same beside a command that needs no authorisation: encrypts what comes back or, with that given up, audits it.
  // A session there must do one of them (TPM 2.0 Part 3 §5.5), and the HMAC covers the answer either way.
  void run_beside(const char* operation, const Command& command);

  [[nodiscard]] ESYS_TR get() const noexcept { return handle_.get(); }
  [[nodiscard]] Context& context() noexcept { return context_; }

 private:
  void run_with(TPMA_SESSION attributes, const char* operation, const Command& command);

  Context& context_;
  Handle handle_;
};

}  // namespace edgeseal::tpm
