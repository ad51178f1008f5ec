#include "agent/setup/try_counter.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

constexpr TpmWorker::Ticket ticket{TpmWorker::Priority::seal, TpmWorker::own_work, std::chrono::minutes(1)};

std::uint64_t read_or_define(tpm::KeyDevice& device) {
  const auto anchor = device.read_anchor();
  return (anchor ? *anchor : device.define_anchor()).failed_tries;
}

Error cannot_count(const Error& cause) {
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

TryCounter::Budgets TryCounter::load() const {
  Budgets budgets;
  const auto stored = record_.read();
  if (!stored) return budgets;
  const auto json = nlohmann::json::parse(reinterpret_cast<const char*>(stored->data()),
                                          reinterpret_cast<const char*>(stored->data()) + stored->size());
  for (const auto& [name, budget] : json.items())
    budgets[name] = {budget.at("subject"), budget.at("base"), budget.at("limit")};
  return budgets;
}

void TryCounter::store(const Budgets& budgets) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, budget] : budgets)
    json[name] = {{"subject", budget.subject}, {"base", budget.base}, {"limit", budget.limit}};
  const std::string text = json.dump();
  record_.write(std::as_bytes(std::span(text)));
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
    const Budgets budgets = load();
    const auto found = budgets.find(name);
    if (found == budgets.end()) return std::nullopt;
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

// The answer to the caller, after which the next step begins.
template <class Value>
Answer<Value> TryCounter::ending_step(const Answer<Value>& answer, const std::function<void()>& next) {
  return [this, answer, next](const std::variant<Value, Error>& outcome) {
    answer(outcome);
    changed_();
    next();
  };
}

void TryCounter::read_counter(Answer<std::monostate> answer) {
  const auto learnt = [this, answer](std::variant<std::uint64_t, Error> outcome) {
    if (const auto* error = std::get_if<Error>(&outcome)) return answer(cannot_count(*error));
    counter_ = std::get<std::uint64_t>(outcome);
    answer(std::monostate{});
  };
  try {
    tpm_.submit<std::uint64_t>(ticket, read_or_define, learnt);
  } catch (const Error& error) {
    answer(cannot_count(error));
  }
}

void TryCounter::check(std::function<void()> done) {
  enqueue([this, done = std::move(done)](const std::function<void()>& next) {
    read_counter([this, done, next](const std::variant<std::monostate, Error>&) {
      done();
      changed_();
      next();
    });
  });
}

void TryCounter::begin(const std::string& name, const std::string& subject, unsigned limit,
                       Answer<std::monostate> answer) {
  enqueue([=, this](const std::function<void()>& next) {
    const Answer<std::monostate> finish = ending_step(answer, next);
    read_counter([=, this](std::variant<std::monostate, Error> outcome) {
      proceed(finish, outcome, [&](std::monostate) {
        Budgets budgets = load();
        budgets[name] = {subject, *counter_, limit};
        store(budgets);
        finish(std::monostate{});
      });
    });
  });
}

// The NV counter first; a state that could not follow it has lost tries, not won any.
void TryCounter::count(const std::string& name, Answer<std::uint64_t> answer) {
  const auto counted = [this, name, answer](std::variant<std::uint64_t, Error> outcome) {
    if (const auto* error = std::get_if<Error>(&outcome)) return answer(cannot_count(*error));
    proceed(answer, outcome, [&](std::uint64_t counter) {
      const std::uint64_t step = counter_ && counter > *counter_ ? counter - *counter_ : 0;
      counter_ = counter;
      Budgets budgets = load();
      for (auto& [other, budget] : budgets)
        if (other != name) budget.base += step;
      if (budgets.size() > 1) store(budgets);
      answer(counter);
    });
  };
  try {
    tpm_.submit<std::uint64_t>(
        ticket, [](tpm::KeyDevice& device) { return device.count_failed_try(); }, counted);
  } catch (const Error& error) {
    answer(cannot_count(error));
  }
}

void TryCounter::take(const std::string& name, const std::string& subject, Answer<unsigned> answer) {
  enqueue([=, this](const std::function<void()>& next) {
    const Answer<unsigned> finish = ending_step(answer, next);
    read_counter([=, this](std::variant<std::monostate, Error> outcome) {
      proceed(finish, outcome, [&](std::monostate) {
        const Budgets budgets = load();
        const auto found = budgets.find(name);
        if (found == budgets.end() || found->second.subject != subject || left(found->second) == 0)
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
  Budgets budgets = load();
  const auto found = budgets.find(name);
  if (found == budgets.end()) return answer(std::monostate{});
  if (left(found->second) > 0)
    return count(name, [=, this](std::variant<std::uint64_t, Error> counted) {
      proceed(answer, counted, [&](std::uint64_t) { burn_left(name, answer); });
    });
  budgets.erase(found);
  store(budgets);
  answer(std::monostate{});
}

}  // namespace edgeseal::agent
