#include "agent/housekeeping.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::minutes retry_pause{1};

}  // namespace

Housekeeping::Housekeeping(EventLoop& loop, State& state, KeyService& keys, Applications& applications,
                           RetiredKeys& retired)
    : loop_(loop), state_(state), keys_(keys), applications_(applications), retired_(retired) {
  timer_ = loop_.add_timer([this] { run(); });
  timer_.set_time(loop_.now());
}

void Housekeeping::run() {
  auto next = std::optional<std::chrono::seconds>(retry_pause);
  try {
    applications_.publish_missing();
    if (state_.unpublished().empty()) {
      unload(retired_.destroy_due());
      next = retired_.next_visit();
    }
  } catch (const Error& error) {
    log(Level::error, Event::internal_error, fmt::format("maintenance failed and is tried again: {}", error.what()));
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
