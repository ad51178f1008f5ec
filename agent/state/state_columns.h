#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <chrono>

#include "agent/slot.h"
#include "agent/state/sqlite.h"
#include "agent/state/state.h"
#include "tpm/key_device.h"

// How columns of the state stand for values, for the files that implement State.
namespace edgeseal::agent {

using StateTime = std::chrono::system_clock::time_point;

[[nodiscard]] inline tpm::KeyId to_key_id(const std::vector<std::byte>& bytes) {
  tpm::KeyId id{};
  if (bytes.size() != id.size()) throw SqliteError(SQLITE_CORRUPT, "a key id has the wrong size");
  std::ranges::copy(bytes, id.begin());
  return id;
}

[[nodiscard]] inline std::int64_t to_seconds(StateTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

[[nodiscard]] inline std::chrono::seconds to_clock(std::int64_t seconds) {
  return std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), latest_kept_time.time_since_epoch());
}

[[nodiscard]] inline StateTime to_time(std::int64_t seconds) {
  return StateTime(to_clock(seconds));
}

// Of the tables that keep a time as exactly as it came.
[[nodiscard]] inline std::int64_t to_nanoseconds(StateTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

[[nodiscard]] inline StateTime from_nanoseconds(std::int64_t nanoseconds) {
  const std::chrono::nanoseconds since_epoch(std::max<std::int64_t>(nanoseconds, 0));  // differences have room then
  return StateTime(std::chrono::duration_cast<StateTime::duration>(since_epoch));
}

inline Statement& bind_slot(Statement& statement, const Slot& slot) {
  return statement.bind(slot.application).bind(slot.group).bind(slot.certificate_type);
}

}  // namespace edgeseal::agent
