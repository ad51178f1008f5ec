#include "policy/account_ids.h"

#include <algorithm>

namespace edgeseal::policy {

std::optional<uid_t> AccountIds::find(const std::string& name) {
  const auto began = now_();
  auto answer = remembered(name, began);
  if (!answer) {
    answer = ask(name);
    const auto* id = std::get_if<std::optional<uid_t>>(&*answer);
    const auto now = now_();
    const Clock::duration longest = remembered_for;
    remember(name, {*answer, now + (id != nullptr && *id ? longest : std::min(10 * (now - began), longest))});
  }
  if (const auto* error = std::get_if<Error>(&*answer)) throw *error;
  return std::get<std::optional<uid_t>>(*answer);
}

std::optional<AccountIds::Answer> AccountIds::remembered(const std::string& name, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  if (found == known_.end() || now >= found->second.until) return std::nullopt;
  return found->second.answer;
}

AccountIds::Answer AccountIds::ask(const std::string& name) const {
  try {
    return look_up_(name);
  } catch (const Error& error) {
    return error;
  }
}

void AccountIds::remember(const std::string& name, const Known& known) {
  const std::lock_guard lock(mutex_);
  if (!known_.contains(name) && known_.size() >= max_names) known_.clear();
  known_.insert_or_assign(name, known);
}

}  // namespace edgeseal::policy
