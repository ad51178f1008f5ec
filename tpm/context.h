#pragma once

#include <tss2/tss2_esys.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tpm/response_code.h"
#include "tpm/tcti.h"

namespace edgeseal::tpm {

// One connection to the TPM. Turns response codes into Error, asks a busy chip again, and after a failure of the TSS
// (not of the TPM) refuses every further command: ESAPI cannot be used after that, and must not look as if it could.
class Context {
 public:
  static constexpr TPMA_SESSION kAllAttributes = 0xff;  // the mask of Esys_TRSess_SetAttributes

  // Runs an ESAPI function; called again if the chip is busy, so it must not consume its inputs.
  using Command = std::function<TSS2_RC(ESYS_CONTEXT*)>;

  // Connects and starts the TPM if nobody has. `retry_pauses`: how often and after which pauses a busy chip is asked
  // again. Throws Error: absent, busy, failed.
  Context(std::string tcti, std::vector<std::chrono::milliseconds> retry_pauses);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // `operation` says what was wanted and begins the message of the Error. One with Fault::locked_out says until when.
  void run(const char* operation, const Command& command);
  // False if the chip does not know the handle that the command is about.
  [[nodiscard]] bool run_if_handle_known(const char* operation, const Command& command);

  // For a libtss2 that decrypts wrongly: from now on, what the chip answers crosses the bus in the clear.
  void give_up_response_encryption() noexcept { encrypts_responses_ = false; }
  [[nodiscard]] bool encrypts_responses() const noexcept { return encrypts_responses_; }

  // Gives back a transient object or a session.
  void flush(ESYS_TR handle) noexcept;
  // Forgets a persistent object, which stays in the chip.
  void forget(ESYS_TR handle) noexcept;
  // For destructors: work, without a command, after any failure.
  void restore_attributes(ESYS_TR session, TPMA_SESSION attributes) noexcept;
  void clear_auth(ESYS_TR object) noexcept;

  // For what is no command of the chip.
  [[nodiscard]] ESYS_CONTEXT* esys() noexcept { return esys_.get(); }

 private:
  enum class State {
    good,
    broken,  // what we loaded may still be in the chip: the TSS failed, or one thing in the chip is gone
    reset    // the chip lost what we loaded
  };

  void start();
  [[nodiscard]] TSS2_RC attempt(const char* operation, const Command& command) const;
  [[noreturn]] void fail(const char* operation, TSS2_RC rc);
  [[nodiscard]] Error with_lockout(const Error& error) noexcept;
  [[nodiscard]] TSS2_RC run_until_not_busy(const Command& command) const;
  void note_failure(TSS2_RC rc) noexcept;

  struct Finalize {
    void operator()(ESYS_CONTEXT* esys) const noexcept { Esys_Finalize(&esys); }
  };

  std::string configuration_;
  std::vector<std::chrono::milliseconds> retry_pauses_;
  Tcti tcti_;
  std::unique_ptr<ESYS_CONTEXT, Finalize> esys_;  // uses tcti_
  State state_ = State::good;
  bool asking_for_lockout_ = false;
  bool encrypts_responses_ = true;
  std::vector<TPM2_HANDLE> abandoned_;  // what could not be flushed because the context was broken
};

}  // namespace edgeseal::tpm
