#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agent/answer.h"
#include "agent/state/sealed_record.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

// How often what can be guessed may be tried: named budgets ("password", "pin") over the counter of tries in the TPM's
// NV. It goes up, durably, before each try, so that neither a kill, a restart, a wiped nor an older disk gives a try
// back; what is lost on the way only costs tries. Tries of all budgets are counted one after the other. The disk
// accounts for each try beforehand: one that the TPM counted and the disk doesn't account for was made with another
// disk, or is withheld because all were used up. Loop's thread.
class TryCounter {
 public:
  // `changed`: what remaining() says of some budget is another than before.
  TryCounter(State& state, const IntegritySeal& seal, TpmWorker& tpm, std::function<void()> changed);

  // When TPM and seal are ready: learns how far the counter is. Until then remaining() says nothing.
  void check(Answer<std::monostate> answer);

  // A budget of `limit` tries at `subject`, which says what is guessed (a digest of the stored hash, the ciphertext):
  // in the place of an earlier one of that name. Answers Error{tpm_unavailable} with the remedy where the TPM can't
  // count, Error{busy} where it has no time.
  void begin(const std::string& name, const std::string& subject, unsigned limit, Answer<std::monostate> answer);
  // One try is counted; answers how many are left after it. Error{invalid_state}: no budget of that name for this
  // subject, or nothing was left of it; then nothing is counted.
  void take(const std::string& name, const std::string& subject, Answer<unsigned> answer);
  // What may be used once was used, or given up: what is left of the budget is burnt in NV, too, and the budget ends.
  // No older copy of the disk brings it back.
  void burn(const std::string& name, Answer<std::monostate> answer);

  // Nothing: no such budget, or not known yet.
  [[nodiscard]] std::optional<unsigned> remaining(const std::string& name) const;

  // The TPM has counted more than the disk accounts for. Nothing: not known yet.
  [[nodiscard]] std::optional<bool> unaccounted() const;
  // All tries are used up: the last one is not accounted for any more, until forgive(). No change of the disk, which
  // would have to be sealed, and no older disk, undoes it.
  void withhold();
  // Whatever the TPM has counted is accounted for; at the next check() where that is not known yet.
  void forgive();

 private:
  struct Budget {
    std::string subject;
    std::uint64_t base = 0;  // of the counter, when none was used
    unsigned limit = 0;
  };
  struct Account {
    std::uint64_t tries = 0;  // of the TPM's, that this disk knows of
    std::map<std::string, Budget> budgets;
  };
  using Step = std::function<void(std::function<void()> next)>;

  [[nodiscard]] Account load() const;
  void store(const Account& account);
  void learn_account();
  [[nodiscard]] unsigned left(const Budget& budget) const;
  void enqueue(Step step);
  void run_next();
  template <class Value>
  [[nodiscard]] Answer<Value> ending_step(const Answer<Value>& answer, const std::function<void()>& next);
  void account_for_next();
  // Counts once; the bases of all budgets but `name` go along.
  void count(const std::string& name, Answer<std::uint64_t> answer);
  void read_counter(Answer<std::monostate> answer);
  void burn_left(const std::string& name, Answer<std::monostate> answer);

  SealedRecord record_;
  TpmWorker& tpm_;
  const std::function<void()> changed_;
  std::optional<std::uint64_t> counter_;    // of the TPM
  std::optional<std::uint64_t> accounted_;  // as in the record
  bool forgiven_ = false;                   // before either was known
  std::deque<Step> steps_;                  // the first one is at work
};

}  // namespace edgeseal::agent
