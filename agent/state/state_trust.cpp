#include "agent/error.h"
#include "agent/state/state.h"
#include "agent/state/state_columns.h"

// The part of State that is about what groups trust: lists, their seal, who was rejected, adopted directories.
namespace edgeseal::agent {

namespace {

constexpr std::string_view seal_key_fact = "seal-key";
constexpr std::string_view seal_key_auth_fact = "seal-key-auth";

}  // namespace

std::optional<tpm::SealedSecret> State::seal_key() {
  auto object = fact(seal_key_fact), auth = fact(seal_key_auth_fact);
  if (!object || !auth) return std::nullopt;
  return tpm::SealedSecret{std::move(*object), tpm::SecretBytes(*auth)};
}

void State::record_seal_key(const tpm::SealedSecret& key) {
  attempt([&] {
    Transaction transaction(*database_);
    put_fact(seal_key_fact, key.tss_private_key);
    put_fact(seal_key_auth_fact, key.auth.view());
    transaction.commit();
  });
}

std::optional<TrustListRecord> State::trust_list(const std::string& application, const std::string& group,
                                                 TrustListGeneration generation) {
  return attempt([&]() -> std::optional<TrustListRecord> {
    Statement row(*database_,
                  "SELECT list, last_update, update_frequency, validation_options, seal FROM trust_list "
                  "WHERE application = ? AND certificate_group = ? ORDER BY generation DESC LIMIT 1 OFFSET ?");
    row.bind(application).bind(group).bind(std::int64_t{generation == TrustListGeneration::previous});
    if (!row.step()) return std::nullopt;
    return TrustListRecord{application,
                           group,
                           decode_trust_list(row.blob(0)),
                           from_nanoseconds(row.integer(1)),
                           std::chrono::milliseconds(row.integer(2)),
                           static_cast<ValidationOptions>(row.integer(3)),
                           row.blob(4)};
  });
}

bool State::has_trust_list(const std::string& application, const std::string& group) {
  return attempt([&] {
    Statement row(*database_, "SELECT 1 FROM trust_list WHERE application = ? AND certificate_group = ?");
    return row.bind(application).bind(group).step();
  });
}

void State::restore_previous_trust_list(const std::string& application, const std::string& group) {
  attempt([&] {
    Transaction transaction(*database_);
    Statement(*database_,
              "DELETE FROM trust_list WHERE application = ?1 AND certificate_group = ?2 AND generation = (SELECT "
              "max(generation) FROM trust_list WHERE application = ?1 AND certificate_group = ?2)")
        .bind(application)
        .bind(group)
        .run();
    mark_unpublished(application, group);
    transaction.commit();
  });
}

std::vector<RejectedRecord> State::rejected(const std::string& application, const std::string& group) {
  return attempt([&] {
    std::vector<RejectedRecord> records;
    Statement row(*database_,
                  "SELECT certificate, rejected_at FROM rejected WHERE application = ? AND certificate_group = ? "
                  "ORDER BY id DESC");
    row.bind(application).bind(group);
    while (row.step()) records.push_back({application, group, row.blob(0), from_nanoseconds(row.integer(1))});
    return records;
  });
}

void State::add_rejected(const RejectedRecord& rejected, std::size_t limit) {
  attempt([&] {
    Transaction transaction(*database_);
    Statement(*database_, "DELETE FROM rejected WHERE application = ? AND certificate_group = ? AND certificate = ?")
        .bind(rejected.application)
        .bind(rejected.group)
        .bind(rejected.certificate)
        .run();
    Statement(*database_,
              "INSERT INTO rejected(application, certificate_group, certificate, rejected_at) VALUES (?, ?, ?, ?)")
        .bind(rejected.application)
        .bind(rejected.group)
        .bind(rejected.certificate)
        .bind(to_nanoseconds(rejected.rejected_at))
        .run();
    Statement(*database_,
              "DELETE FROM rejected WHERE application = ?1 AND certificate_group = ?2 AND id NOT IN (SELECT id FROM "
              "rejected WHERE application = ?1 AND certificate_group = ?2 ORDER BY id DESC LIMIT ?3)")
        .bind(rejected.application)
        .bind(rejected.group)
        .bind(static_cast<std::int64_t>(limit))
        .run();
    transaction.commit();
  });
}

std::vector<AdoptedRecord> State::adopted() {
  return attempt([&] {
    std::vector<AdoptedRecord> records;
    Statement row(*database_, "SELECT path, application, certificate_group, layout FROM adopted ORDER BY path");
    while (row.step()) records.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
    return records;
  });
}

void State::put_adopted(const AdoptedRecord& directory) {
  attempt([&] {
    Statement(*database_, "INSERT OR REPLACE INTO adopted VALUES (?, ?, ?, ?)")
        .bind(directory.path)
        .bind(directory.application)
        .bind(directory.group)
        .bind(directory.layout)
        .run();
  });
}

void State::remove_adopted(const std::string& path) {
  attempt([&] { Statement(*database_, "DELETE FROM adopted WHERE path = ?").bind(path).run(); });
}

}  // namespace edgeseal::agent
