#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/answer.h"
#include "agent/background_worker.h"
#include "agent/setup/try_counter.h"
#include "agent/state/sealed_record.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

// A password that opens setup once. Twelve characters of Crockford's base32, 60 bits, in groups of four; it is shown to
// whoever has it made, and only a salted hash of it is stored. Each guess costs a try of the budget "password", counted
// in the TPM before it is looked at; with the last one the hash is destroyed. Loop's thread.
class OneTimePassword {
 public:
  using SecretPtr = std::shared_ptr<tpm::SecretBytes>;

  struct Settings {
    unsigned tries = 5;
    std::chrono::milliseconds pause{2000};  // after a wrong guess, doubled with each
    unsigned iterations = 210'000;          // of PBKDF2-HMAC-SHA512
  };
  struct Services {
    State& state;
    const IntegritySeal& seal;
    TryCounter& tries;
    BackgroundWorker& background;
  };
  static constexpr std::size_t max_size = 64;  // of a guess, with what is written between the characters

  // `used_up`: all tries are. `now`: CLOCK_MONOTONIC.
  OneTimePassword(const Services& services, const Settings& settings, std::function<std::chrono::microseconds()> now,
                  std::function<void()> used_up);

  // When TryCounter knows the counter: finishes what was interrupted. What was used, or used up, is destroyed.
  void check();

  // Takes the place of an earlier one. Error{busy}: a guess is being looked at, or another is being made.
  void make(Answer<SecretPtr> answer);
  // Letter case, "O" for "0", "I" and "L" for "1", blanks and "-" make no difference. Answers once it can't be used
  // again; Error{user_access_denied} says how many tries are left. Nothing is counted for Error{invalid_argument}, no
  // such password, and Error{busy}: too soon, another guess is being looked at, or a password is being made.
  void submit(ByteView given, Answer<std::monostate> answer);

  void discard() { record_.remove(); }  // nobody has a use for it any more

  [[nodiscard]] bool exists() const { return record_.exists(); }
  [[nodiscard]] unsigned remaining() const;  // 0 where there is none, or the TPM has not said yet

 private:
  struct Stored {
    Bytes salt, hash;
    unsigned iterations = 0;
    bool used = false;
  };
  [[nodiscard]] std::optional<Stored> load() const;
  void store(const Stored& stored);
  [[nodiscard]] static std::string subject_of(const Stored& stored);
  void keep(Stored stored, const SecretPtr& password, const Answer<SecretPtr>& answer);
  void look(const Stored& stored, const SecretPtr& given, unsigned left, const Answer<std::monostate>& answer);
  void accept(Stored stored, const Answer<std::monostate>& answer);
  [[noreturn]] void refuse(unsigned left);
  void require_idle() const;
  void require_time() const;

  const Services services_;
  SealedRecord record_;
  const Settings settings_;
  const std::function<std::chrono::microseconds()> now_;
  const std::function<void()> used_up_;
  std::chrono::microseconds not_before_{0};
  std::chrono::milliseconds pause_;
  bool looking_ = false, making_ = false;
};

}  // namespace edgeseal::agent
