#include "agent/housekeeping.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/failure.h"

namespace edgeseal::agent {

Housekeeping::Housekeeping(EventLoop& loop, State& state, KeyService& keys, Applications& applications,
                           RetiredKeys& retired, std::chrono::milliseconds retry_pause)
    : loop_(loop),
      state_(state),
      keys_(keys),
      applications_(applications),
      retired_(retired),
      retry_pause_(retry_pause) {
  timer_ = loop_.add_timer([this] { run(); });
  applications_.when_missing([this] { timer_.set_time(loop_.now() + retry_pause_); });
  timer_.set_time(loop_.now());
}

void Housekeeping::run() {
  auto next = std::optional(retry_pause_);
  try {
    applications_.publish_missing();
    if (state_.unpublished().empty()) {
      unload(retired_.destroy_due());
      next = retired_.next_visit();
    }
  } catch (const Error& error) {
    log_failure(Level::error, "maintenance failed and is tried again", error);
  }
  if (!next) return timer_.disable();
  timer_.set_time(loop_.now() + *next + std::chrono::seconds(1));
}

std::size_t Housekeeping::destroy_retired_keys(const Slot& slot) {
  applications_.publish_missing();
  const std::vector<KeyId> destroyed = retired_.destroy(slot);
  unload(destroyed);
  if (std::ranges::any_of(retired_.all(), [&](const auto& life) { return life.key.slot == slot; }))
    throw Error(Code::state_unavailable,
                fmt::format("{} is not published yet with its present key, so the one before must stay; remedy: see "
                            "the journal for what keeps the agent from publishing",
                            slot.key_name()));
  return destroyed.size();
}

void Housekeeping::unload(const std::vector<KeyId>& destroyed) {
  for (const KeyId& id : destroyed) keys_.evict(id);
}

}  // namespace edgeseal::agent
