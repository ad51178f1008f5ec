#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "agent/device/device_names.h"
#include "agent/error.h"
#include "agent/onboarding/record_names.h"
#include "agent/staging/staged_set.h"
#include "agent/state/state.h"
#include "agent/state/state_certificates.h"
#include "agent/state/state_columns.h"
#include "agent/state/state_setup.h"

// The part of State that is about changes that belong together, and how they are undone.
namespace edgeseal::agent {

namespace {

std::set<std::string> applications_of(const StagedState& staged) {
  std::set<std::string> names;
  for (const CertificateRecord& record : staged.certificates) names.insert(record.slot.application);
  for (const Slot& slot : staged.deletions) names.insert(slot.application);
  for (const TrustListRecord& list : staged.trust_lists) names.insert(list.application);
  return names;
}

bool has_unconfirmed(Database& database, const std::string& application) {
  return Statement(database, "SELECT 1 FROM unconfirmed WHERE application = ?").bind(application).step();
}

void require_confirmed(Database& database, const std::string& application) {
  if (has_unconfirmed(database, application))
    throw Error(Code::transaction_pending,
                fmt::format("the last changes of application {} are not confirmed yet; remedy: confirm them, or wait "
                            "until they are undone",
                            application));
}

void remember_slot(Database& database, const Slot& slot) {
  Statement before(database,
                   "INSERT INTO unconfirmed_slot SELECT ?1, ?2, ?3, id, certificate, digest FROM (SELECT 1) LEFT JOIN "
                   "key ON application = ?1 AND certificate_group = ?2 AND certificate_type = ?3 AND status = 2 "
                   "LEFT JOIN certificate ON key_id = id");
  bind_slot(before, slot).run();
  Statement issuers(database,
                    "INSERT INTO unconfirmed_issuer SELECT application, key_id, position, certificate FROM issuer "
                    "JOIN key ON id = key_id WHERE application = ? AND certificate_group = ? AND certificate_type = ? "
                    "AND status = 2");
  bind_slot(issuers, slot).run();
}

void remember(Database& database, const StagedState& staged) {
  for (const std::string& application : applications_of(staged))
    Statement(database, "INSERT INTO unconfirmed VALUES (?, ?)")
        .bind(application)
        .bind(to_nanoseconds(*staged.confirm_by))
        .run();
  for (const CertificateRecord& record : staged.certificates) remember_slot(database, record.slot);
  for (const Slot& slot : staged.deletions) remember_slot(database, slot);
}

void retire_active(Database& database, const Slot& slot, const KeyId& successor, State::Clock::time_point now) {
  Statement retire(database,
                   "UPDATE key SET status = 3, retired_at = ?1, last_use = ?1 WHERE application = ?2 AND "
                   "certificate_group = ?3 AND certificate_type = ?4 AND status = 2 AND id <> ?5");
  retire.bind(to_seconds(now));
  bind_slot(retire, slot).bind(successor).run();
}

void install(Database& database, const CertificateRecord& record, State::Clock::time_point now) {
  retire_active(database, record.slot, record.key_id, now);
  Statement(database, "UPDATE key SET status = 2 WHERE id = ?").bind(record.key_id).run();
  write_certificate(database, record);
}

void destroy_active(Database& database, const Slot& slot) {
  Statement destroy(
      database,
      "DELETE FROM key WHERE application = ? AND certificate_group = ? AND certificate_type = ? AND status = 2");
  bind_slot(destroy, slot).run();
}

// Of a group, those that are older than the one in use and the one before it.
void drop_old_lists(Database& database, const std::string& application, const std::string& group) {
  Statement(database,
            "DELETE FROM trust_list WHERE application = ?1 AND certificate_group = ?2 AND generation NOT IN (SELECT "
            "generation FROM trust_list WHERE application = ?1 AND certificate_group = ?2 ORDER BY generation DESC "
            "LIMIT 2)")
      .bind(application)
      .bind(group)
      .run();
}

std::int64_t next_list_generation(Database& database, const TrustListRecord& record) {
  Statement highest(database,
                    "SELECT ifnull(max(generation), 0) FROM trust_list WHERE application = ? AND certificate_group = "
                    "?");
  (void)highest.bind(record.application).bind(record.group).step();
  const std::int64_t generation = highest.integer(0);
  if (generation < 0 || generation == std::numeric_limits<std::int64_t>::max())
    throw SqliteError(SQLITE_CORRUPT, "a trust list has a generation that no agent writes");
  return generation + 1;
}

void put_list(Database& database, const TrustListRecord& record, std::int64_t generation) {
  Statement(database, "INSERT INTO trust_list VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(record.application)
      .bind(record.group)
      .bind(generation)
      .bind(to_nanoseconds(record.last_update))
      .bind(std::int64_t{record.update_frequency.count()})
      .bind(std::int64_t{record.validation_options})
      .bind(record.seal)
      .bind(encode_trust_list(record.list))
      .run();
}

// With what undoes it nothing of the group is dropped yet.
void replace_list(Database& database, const TrustListRecord& record, bool undoable) {
  const std::int64_t generation = next_list_generation(database, record);
  put_list(database, record, generation);
  if (!undoable) return drop_old_lists(database, record.application, record.group);
  Statement(database, "INSERT INTO unconfirmed_trust_list VALUES (?, ?, ?)")
      .bind(record.application)
      .bind(record.group)
      .bind(generation)
      .run();
}

std::vector<std::string> unconfirmed_lists(Database& database, const std::string& application) {
  std::vector<std::string> groups;
  Statement row(database, "SELECT certificate_group FROM unconfirmed_trust_list WHERE application = ?");
  row.bind(application);
  while (row.step()) groups.push_back(row.text(0));
  return groups;
}

// Keys of slots that were emptied, which had to be kept until now.
void destroy_deleted(Database& database, const std::string& application) {
  Statement(database,
            "DELETE FROM key WHERE id IN (SELECT key_id FROM unconfirmed_slot AS undo WHERE undo.application = ? AND "
            "NOT EXISTS (SELECT 1 FROM key AS active WHERE active.application = undo.application AND "
            "active.certificate_group = undo.certificate_group AND active.certificate_type = undo.certificate_type "
            "AND active.status = 2))")
      .bind(application)
      .run();
}

void restore_keys(Database& database, const std::string& application, State::Clock::time_point now) {
  Statement(database,
            "UPDATE key SET status = 3, retired_at = ?2, last_use = ?2 WHERE status = 2 AND EXISTS (SELECT 1 FROM "
            "unconfirmed_slot AS undo WHERE undo.application = ?1 AND undo.application = key.application AND "
            "undo.certificate_group = key.certificate_group AND undo.certificate_type = key.certificate_type AND "
            "undo.key_id IS NOT key.id)")
      .bind(application)
      .bind(to_seconds(now))
      .run();
  Statement(database,
            "UPDATE key SET status = 2 WHERE id IN (SELECT key_id FROM unconfirmed_slot WHERE application = ?)")
      .bind(application)
      .run();
}

// Byte by byte, with their digests: what is damaged stays so.
void restore_certificates(Database& database, const std::string& application) {
  constexpr std::array steps = {
      "DELETE FROM certificate WHERE key_id IN (SELECT key_id FROM unconfirmed_slot WHERE application = ?)",
      "INSERT INTO certificate SELECT key_id, certificate, digest FROM unconfirmed_slot WHERE application = ? AND "
      "certificate IS NOT NULL",
      "INSERT INTO issuer SELECT key_id, position, certificate FROM unconfirmed_issuer WHERE application = ?"};
  for (const char* step : steps) Statement(database, step).bind(application).run();
}

void restore_lists(Database& database, const std::string& application) {
  Statement(database,
            "DELETE FROM trust_list WHERE EXISTS (SELECT 1 FROM unconfirmed_trust_list AS undo WHERE undo.application "
            "= ? AND undo.application = trust_list.application AND undo.certificate_group = "
            "trust_list.certificate_group AND undo.generation <= trust_list.generation)")
      .bind(application)
      .run();
}

void forget_undo(Database& database, const std::string& application) {
  Statement(database, "DELETE FROM unconfirmed WHERE application = ?").bind(application).run();
}

void mark_restored(Database& database, const std::string& application) {
  Statement(database,
            "INSERT OR IGNORE INTO unpublished SELECT application, certificate_group FROM unconfirmed_slot WHERE "
            "application = ?1 UNION SELECT application, certificate_group FROM unconfirmed_trust_list WHERE "
            "application = ?1")
      .bind(application)
      .run();
}

// Keys and certificates of the device identity stay (OPC 10000-21 §4.2.4).
void wipe(Database& database, const std::string& application) {
  Statement(database,
            "INSERT OR IGNORE INTO unpublished SELECT application, certificate_group FROM key WHERE application = ?1 "
            "UNION SELECT application, certificate_group FROM trust_list WHERE application = ?1 UNION SELECT "
            "application, certificate_group FROM rejected WHERE application = ?1")
      .bind(application)
      .run();
  for (const char* table : {"unconfirmed", "trust_list", "rejected"})
    Statement(database, fmt::format("DELETE FROM {} WHERE application = ?", table)).bind(application).run();
  const std::string kept = application == device_application_name ? identity_group : "";
  Statement(database, "DELETE FROM key WHERE application = ? AND certificate_group <> ?")
      .bind(application)
      .bind(kept)
      .run();
}

}  // namespace

void State::commit(const StagedState& staged, Clock::time_point now) {
  attempt([&] {
    Transaction transaction(*database_);
    for (const std::string& application : applications_of(staged)) require_confirmed(*database_, application);
    if (staged.confirm_by) remember(*database_, staged);
    for (const CertificateRecord& record : staged.certificates) {
      install(*database_, record, now);
      mark_unpublished(record.slot.application, record.slot.group);
    }
    for (const Slot& slot : staged.deletions) {
      if (staged.confirm_by)
        retire_active(*database_, slot, {}, now);
      else
        destroy_active(*database_, slot);
      mark_unpublished(slot.application, slot.group);
    }
    for (const TrustListRecord& record : staged.trust_lists) {
      replace_list(*database_, record, staged.confirm_by.has_value());
      mark_unpublished(record.application, record.group);
    }
    end_setup(staged);
    write_generation(generation() + 1);
    transaction.commit();
  });
}

std::vector<UnconfirmedRecord> State::unconfirmed() {
  return attempt([&] {
    std::vector<UnconfirmedRecord> records;
    Statement row(*database_, "SELECT application, confirm_by FROM unconfirmed ORDER BY application");
    while (row.step()) records.push_back({row.text(0), from_nanoseconds(row.integer(1))});
    return records;
  });
}

bool State::is_unconfirmed(const std::string& application) {
  return attempt([&] { return has_unconfirmed(*database_, application); });
}

void State::confirm(const std::string& application) {
  attempt([&] {
    Transaction transaction(*database_);
    destroy_deleted(*database_, application);
    for (const std::string& group : unconfirmed_lists(*database_, application))
      drop_old_lists(*database_, application, group);
    forget_undo(*database_, application);
    settle_setup(application);
    write_generation(generation() + 1);
    transaction.commit();
  });
}

void State::roll_back(const std::string& application, Clock::time_point now) {
  attempt([&] {
    Transaction transaction(*database_);
    if (!has_unconfirmed(*database_, application)) return;
    mark_restored(*database_, application);
    restore_keys(*database_, application, now);
    restore_certificates(*database_, application);
    restore_lists(*database_, application);
    forget_undo(*database_, application);
    unsettle_setup(application);
    transaction.commit();
  });
}

void State::reset(const std::string& application) {
  attempt([&] {
    Transaction transaction(*database_);
    wipe(*database_, application);
    if (application == device_application_name)
      for (const std::string_view record : configuration_records) remove_record(record);
    if (setup_accepted_ && !trusts_somebody()) remove_fact(setup_closed_fact);
    write_generation(generation() + 1);
    transaction.commit();
  });
}

void State::reset_all() {
  attempt([&] {
    Transaction transaction(*database_);
    setup_accepted_ = true;
    for (const ApplicationRecord& application : applications()) wipe(*database_, application.name);
    remove_fact(setup_closed_fact);
    remove_record(staged_trust_record);
    for (const std::string_view record : configuration_records) remove_record(record);
    write_generation(generation() + 1);
    transaction.commit();
  });
}

}  // namespace edgeseal::agent
