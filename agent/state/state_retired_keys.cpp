#include "agent/state/state.h"
#include "agent/state/state_columns.h"

// The part of State that is about keys that were replaced, and about time.
namespace edgeseal::agent {

std::vector<RetiredKeyRecord> State::retired_keys() {
  return attempt([&] {
    std::vector<RetiredKeyRecord> keys;
    Statement row(*database_,
                  "SELECT id, application, certificate_group, certificate_type, retired_at, last_use FROM key "
                  "WHERE status = 3 AND id NOT IN (SELECT key_id FROM unconfirmed_slot WHERE key_id IS NOT NULL) "
                  "ORDER BY retired_at");
    while (row.step())
      keys.push_back({to_key_id(row.blob(0)),
                      {row.text(1), row.text(2), row.text(3)},
                      to_time(row.integer(4)),
                      to_time(row.integer(5))});
    return keys;
  });
}

void State::record_use(const KeyId& id, Clock::time_point last_use) {
  attempt([&] {
    Statement(*database_, "UPDATE key SET last_use = ? WHERE id = ? AND status = 3")
        .bind(to_seconds(last_use))
        .bind(id)
        .run();
  });
}

bool State::destroy_retired(const KeyId& id) {
  return attempt([&] {
    Statement statement(*database_,
                        "DELETE FROM key WHERE status = 3 AND id = ? AND NOT EXISTS (SELECT 1 FROM unpublished "
                        "WHERE unpublished.application = key.application AND unpublished.certificate_group = "
                        "key.certificate_group) AND NOT EXISTS (SELECT 1 FROM unconfirmed_slot WHERE key_id = key.id) "
                        "RETURNING id");
    const bool destroyed = statement.bind(id).step();
    while (destroyed && statement.step()) continue;
    return destroyed;
  });
}

std::optional<ClockRecord> State::clock_record() {
  return attempt([&]() -> std::optional<ClockRecord> {
    Statement row(*database_, "SELECT boot, since_boot, since_epoch, time FROM device_clock");
    if (!row.step()) return std::nullopt;
    ClockRecord record{{{}, to_clock(row.integer(1)), to_clock(row.integer(2))}, to_time(row.integer(3))};
    const Bytes boot = row.blob(0);
    std::copy_n(boot.begin(), std::min(boot.size(), record.reading.boot.size()), record.reading.boot.begin());
    return record;
  });
}

void State::put_clock_record(const ClockRecord& record) {
  attempt([&] {
    Statement(*database_, "INSERT OR REPLACE INTO device_clock VALUES (1, ?, ?, ?, ?)")
        .bind(record.reading.boot)
        .bind(std::int64_t{record.reading.since_boot.count()})
        .bind(std::int64_t{record.reading.since_epoch.count()})
        .bind(to_seconds(record.time))
        .run();
  });
}

std::optional<State::Clock::time_point> State::latest_time() {
  return attempt([&]() -> std::optional<Clock::time_point> {
    Statement row(*database_, "SELECT time FROM latest_time");
    if (!row.step()) return std::nullopt;
    return to_time(row.integer(0));
  });
}

void State::record_latest_time(Clock::time_point time) {
  attempt(
      [&] { Statement(*database_, "INSERT OR REPLACE INTO latest_time VALUES (1, ?)").bind(to_seconds(time)).run(); });
}

}  // namespace edgeseal::agent
