#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "policy/error.h"

namespace edgeseal::policy {

// Ids by the names of accounts or groups, of a database that may be slow: a directory service that can't be reached
// keeps its caller for seconds. What was found counts for a minute; that there is no such name, or no answer, for ten
// times as long as it took to hear that, and for a minute at most: what answers at once is asked again at once.
// Bounded; any thread.
class AccountIds {
 public:
  using Clock = std::chrono::steady_clock;
  using LookUp = std::function<std::optional<uid_t>(const std::string& name)>;

  static constexpr std::chrono::minutes remembered_for{1};
  static constexpr std::size_t max_names = 256;

  explicit AccountIds(LookUp look_up, std::function<Clock::time_point()> now = Clock::now)
      : look_up_(std::move(look_up)), now_(std::move(now)) {}

  // Throws Error as the look-up did.
  [[nodiscard]] std::optional<uid_t> find(const std::string& name);

 private:
  using Answer = std::variant<std::optional<uid_t>, Error>;
  struct Known {
    Answer answer;
    Clock::time_point until;
  };
  [[nodiscard]] std::optional<Answer> remembered(const std::string& name, Clock::time_point now);
  [[nodiscard]] Answer ask(const std::string& name) const;
  void remember(const std::string& name, const Known& known);

  const LookUp look_up_;  // without the lock, which would keep others waiting
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;  // of known_
  std::map<std::string, Known> known_;
};

}  // namespace edgeseal::policy
