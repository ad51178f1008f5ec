#include "agent/setup/try_counter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/by_itself.h"
#include "agent/error.h"
#include "agent/state/record_json.h"
#include "agent/state/state_anchor.h"

namespace edgeseal::agent {

namespace {

std::uint64_t read_or_define_tries(tpm::KeyDevice& device) {
  return read_or_define(device).failed_tries;
}

// The worker repeats what was not answered: the chip may have counted already.
std::function<std::uint64_t(tpm::KeyDevice&)> counting_once(std::uint64_t before) {
  return [before](tpm::KeyDevice& device) {
    const auto anchor = device.read_anchor();
    return anchor && anchor->failed_tries > before ? anchor->failed_tries : device.count_failed_try();
  };
}

// For what has no time now there is no remedy but to try again.
Error cannot_count(const Error& cause) {
  if (cause.code() == Code::busy) return cause;
  return Error(Code::tpm_unavailable,
               fmt::format("the TPM cannot count tries, without which nothing that can be guessed is taken: {}; "
                           "remedy: give the agent room in NV and the right to it (docs/keys.md)",
                           cause.what()));
}

Error nothing_left(const std::string& name) {
  return Error(Code::invalid_state,
               fmt::format("there is no {} to be given, or all its tries are used up; remedy: make a new one", name));
}

}  // namespace

TryCounter::TryCounter(State& state, const IntegritySeal& seal, TpmWorker& tpm, std::function<void()> changed)
    : record_(state, seal, "tries"), tpm_(tpm), changed_(std::move(changed)) {}

TryCounter::Account TryCounter::load() const {
  const auto stored = record_.read();
  if (!stored) return {};
  return from_text("the account of tries", *stored, [](const Json& json) {
    Account account;
    account.tries = json.at("tries");
    for (const auto& [name, budget] : json.at("budgets").items())
      account.budgets[name] = {budget.at("subject"), budget.at("base"), budget.at("limit")};
    return account;
  });
}

void TryCounter::store(const Account& account) {
  Json budgets = Json::object();
  for (const auto& [name, budget] : account.budgets)
    budgets[name] = {{"subject", budget.subject}, {"base", budget.base}, {"limit", budget.limit}};
  record_.write(to_text({{"tries", account.tries}, {"budgets", budgets}}));
  accounted_ = account.tries;
}

// What somebody else wrote, or nobody can read, accounts for nothing.
void TryCounter::learn_account() {
  try {
    accounted_ = load().tries;
  } catch (const Error& error) {
    if (error.code() == Code::security_checks_failed) accounted_ = 0;
  }
  if (std::exchange(forgiven_, false)) forgive();
}

std::optional<bool> TryCounter::unaccounted() const {
  if (!counter_ || !accounted_) return std::nullopt;
  return *counter_ > *accounted_;
}

void TryCounter::withhold() {
  if (!counter_ || *counter_ == 0) return;
  Account account = load();
  account.tries = std::min(account.tries, *counter_ - 1);
  store(account);
}

void TryCounter::forgive() {
  if (!unaccounted()) {
    forgiven_ = true;
    return;
  }
  if (!*unaccounted()) return;
  Account account = load();
  account.tries = *counter_;
  store(account);
}

// A counter below the base is another one: somebody took the anchor away.
unsigned TryCounter::left(const Budget& budget) const {
  if (!counter_ || *counter_ < budget.base) return 0;
  const std::uint64_t used = *counter_ - budget.base;
  return used >= budget.limit ? 0 : budget.limit - static_cast<unsigned>(used);
}

std::optional<unsigned> TryCounter::remaining(const std::string& name) const {
  if (!counter_) return std::nullopt;
  try {
    const Account account = load();
    const auto found = account.budgets.find(name);
    if (found == account.budgets.end()) return std::nullopt;
    return left(found->second);
  } catch (const Error&) {  // the seal is not open, or broken
    return std::nullopt;
  }
}

void TryCounter::enqueue(Step step) {
  steps_.push_back(std::move(step));
  if (steps_.size() == 1) run_next();
}

void TryCounter::run_next() {
  steps_.front()([this] {
    steps_.pop_front();
    if (!steps_.empty()) run_next();
  });
}

// The answer to the caller, after which the next step begins. Whoever fails to hear of it keeps no other from his try.
template <class Value>
Answer<Value> TryCounter::ending_step(const Answer<Value>& answer, const std::function<void()>& next) {
  return [this, answer, next](const std::variant<Value, Error>& outcome) {
    by_itself("the answer about tries", [&] { answer(outcome); });
    by_itself("telling of tries", changed_);
    next();
  };
}

void TryCounter::read_counter(Answer<std::monostate> answer) {
  const auto learnt = [this, answer](std::variant<std::uint64_t, Error> outcome) {
    if (const auto* error = std::get_if<Error>(&outcome)) return answer(cannot_count(*error));
    counter_ = std::get<std::uint64_t>(outcome);
    answer(std::monostate{});
  };
  proceed(learnt, [&] { tpm_.submit<std::uint64_t>(own_ticket, read_or_define_tries, learnt); });
}

void TryCounter::check(Answer<std::monostate> answer) {
  enqueue([this, answer = std::move(answer)](const std::function<void()>& next) {
    read_counter([this, finish = ending_step(answer, next)](const std::variant<std::monostate, Error>& outcome) {
      if (std::holds_alternative<std::monostate>(outcome)) by_itself("the account of tries", [&] { learn_account(); });
      finish(outcome);
    });
  });
}

void TryCounter::begin(const std::string& name, const std::string& subject, unsigned limit,
                       Answer<std::monostate> answer) {
  enqueue([=, this](const std::function<void()>& next) {
    const Answer<std::monostate> finish = ending_step(answer, next);
    read_counter([=, this](std::variant<std::monostate, Error> outcome) {
      proceed(finish, outcome, [&](std::monostate) {
        Account account = load();
        account.budgets[name] = {subject, *counter_, limit};
        store(account);
        finish(std::monostate{});
      });
    });
  });
}

// Not where some are unaccounted for already.
void TryCounter::account_for_next() {
  Account account = load();
  if (account.tries < *counter_) return;
  account.tries = *counter_ + 1;
  store(account);
}

// The account before, the budgets after the NV counter: a state that could not follow it has lost tries, not won any.
void TryCounter::count(const std::string& name, Answer<std::uint64_t> answer) {
  const auto counted = [this, name, answer](std::variant<std::uint64_t, Error> outcome) {
    if (const auto* error = std::get_if<Error>(&outcome)) return answer(cannot_count(*error));
    proceed(answer, outcome, [&](std::uint64_t counter) {
      const std::uint64_t step = counter_ && counter > *counter_ ? counter - *counter_ : 0;
      counter_ = counter;
      Account account = load();
      for (auto& [other, budget] : account.budgets)
        if (other != name) budget.base += step;
      if (account.budgets.size() > 1) store(account);
      answer(counter);
    });
  };
  proceed(counted, [&] {
    account_for_next();
    tpm_.submit<std::uint64_t>(own_ticket, counting_once(*counter_), counted);
  });
}

void TryCounter::take(const std::string& name, const std::string& subject, Answer<unsigned> answer) {
  enqueue([=, this](const std::function<void()>& next) {
    const Answer<unsigned> finish = ending_step(answer, next);
    read_counter([=, this](std::variant<std::monostate, Error> outcome) {
      proceed(finish, outcome, [&](std::monostate) {
        const Account account = load();
        const auto found = account.budgets.find(name);
        if (found == account.budgets.end() || found->second.subject != subject || left(found->second) == 0)
          throw nothing_left(name);
        const Budget budget = found->second;
        count(name, [this, finish, budget](std::variant<std::uint64_t, Error> counted) {
          proceed(finish, counted, [&](std::uint64_t) { finish(left(budget)); });
        });
      });
    });
  });
}

void TryCounter::burn(const std::string& name, Answer<std::monostate> answer) {
  enqueue([=, this](const std::function<void()>& next) {
    const Answer<std::monostate> finish = ending_step(answer, next);
    read_counter([=, this](std::variant<std::monostate, Error> outcome) {
      proceed(finish, outcome, [&](std::monostate) { burn_left(name, finish); });
    });
  });
}

void TryCounter::burn_left(const std::string& name, Answer<std::monostate> answer) {
  Account account = load();
  const auto found = account.budgets.find(name);
  if (found == account.budgets.end()) return answer(std::monostate{});
  if (left(found->second) > 0)
    return count(name, [=, this](std::variant<std::uint64_t, Error> counted) {
      proceed(answer, counted, [&](std::uint64_t) { burn_left(name, answer); });
    });
  account.budgets.erase(found);
  store(account);
  answer(std::monostate{});
}

}  // namespace edgeseal::agent
