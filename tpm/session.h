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

  // The session as one command uses it. Its attributes fall back when this ends, however the command ended.
  class Use {
   public:
    Use(Context& context, ESYS_TR session, TPMA_SESSION attributes);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    [[nodiscard]] ESYS_TR get() const noexcept { return session_; }

   private:
    Context& context_;
    ESYS_TR session_;
  };

  enum class Kind {
    hmac,          // the first of a device: in a chip that has none left, it flushes all sessions
    further_hmac,  // for a command with two keys
    policy         // satisfies nothing yet
  };

  Session(Context& context, ESYS_TR salt_key, Kind kind = Kind::hmac);

  // One at a time.
  [[nodiscard]] Use use(Encrypt parameters);
  // Beside a command that needs no authorisation: encrypts what comes back or, with that given up, audits it. A session
  // there must do one of them (TPM 2.0 Part 3 §5.5), and the HMAC covers the answer either way.
  [[nodiscard]] Use accompany();
  [[nodiscard]] ESYS_TR get() const noexcept { return handle_.get(); }

 private:
  Context& context_;
  Handle handle_;
};

}  // namespace edgeseal::tpm
