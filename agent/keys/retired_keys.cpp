#include "agent/keys/retired_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/failure.h"
#include "agent/journal.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

using std::chrono::seconds;

constexpr seconds retry_pause{60};

seconds between(RetiredKeys::Time earlier, RetiredKeys::Time later) {
  return std::max(std::chrono::floor<seconds>(later - earlier), seconds(0));
}

void log_not_written(const Error& error) {
  log_failure(Level::warning, "the use of a retired key could not be recorded", error);
}

}  // namespace

seconds RetiredKeys::step(const Settings& settings) {
  return std::max(settings.grace / 8, seconds(1));
}

void RetiredKeys::used(const KeyId& id) {
  const Time now = clock_.now();
  Use& use = uses_[id];
  use.last = now;
  if (now <= use.written) return;
  const Time ahead = now + step(settings_);
  use.written = now + std::min(retry_pause, step(settings_));  // where it fails
  try {
    state_.record_use(id, ahead);
    use.written = ahead;
  } catch (const Error& error) {
    log_not_written(error);
  }
}

RetiredKeys::Life RetiredKeys::life_of(const RetiredKeyRecord& key, Time now) const {
  const auto use = uses_.find(key.id);
  const Time last_use = use != uses_.end() ? use->second.last : key.last_use;
  const Time end = std::min(last_use + settings_.grace, key.retired_at + settings_.limit);
  return {key, between(last_use, now), between(key.retired_at, now), between(now, end)};
}

std::vector<RetiredKeys::Life> RetiredKeys::all() {
  const Time now = clock_.now();
  std::vector<Life> lives;
  for (const RetiredKeyRecord& key : state_.retired_keys()) lives.push_back(life_of(key, now));
  return lives;
}

std::vector<KeyId> RetiredKeys::destroy_due() {
  clock_.record();
  const std::vector<Life> lives = all();
  std::erase_if(uses_, [&](const auto& use) {
    return std::ranges::none_of(lives, [&](const Life& life) { return life.key.id == use.first; });
  });
  std::vector<KeyId> destroyed;
  for (const Life& life : lives)
    if (life.left == seconds(0) && destroy(life, life.unused >= settings_.grace ? "nobody used it" : "at its limit"))
      destroyed.push_back(life.key.id);
  return destroyed;
}

std::vector<KeyId> RetiredKeys::destroy(const Slot& slot) {
  std::vector<KeyId> destroyed;
  for (const Life& life : all())
    if (life.key.slot == slot && destroy(life, "an administrator asked for it")) destroyed.push_back(life.key.id);
  return destroyed;
}

bool RetiredKeys::destroy(const Life& life, const char* why) {
  if (!state_.destroy_retired(life.key.id)) return false;
  uses_.erase(life.key.id);
  const std::string name = life.key.slot.key_name(), id = hexadecimal(life.key.id);
  log(Level::notice, Event::key_destroyed,
      fmt::format("the retired key {:.16} of {} is destroyed, {}: replaced {} s ago, unused for {} s", id, name, why,
                  life.retired.count(), life.unused.count()),
      {{"KEY", name},
       {"KEY_ID", id},
       {"UNUSED_SECONDS", std::to_string(life.unused.count())},
       {"RETIRED_SECONDS", std::to_string(life.retired.count())}});
  return true;
}

std::optional<seconds> RetiredKeys::next_visit() {
  const std::vector<Life> lives = all();
  if (lives.empty()) return std::nullopt;
  const auto first = std::ranges::min_element(lives, {}, &Life::left);
  return std::min(first->left, step(settings_));
}

void RetiredKeys::record() {
  try {
    clock_.record();
    for (const auto& [id, use] : uses_) state_.record_use(id, use.last);
  } catch (const Error& error) {
    log_not_written(error);
  }
}

}  // namespace edgeseal::agent
