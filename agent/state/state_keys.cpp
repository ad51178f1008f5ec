#include "agent/error.h"
#include "agent/state/state.h"
#include "agent/state/state_certificates.h"
#include "agent/state/state_columns.h"

// The part of State that is about keys and certificates.
namespace edgeseal::agent {

namespace {

constexpr std::string_view select_key =
    "SELECT id, application, certificate_group, certificate_type, algorithm, status, public_key, protection, exposed, "
    "pcrs, policy, key.tss_private_key, key.auth, ciphertext, next_object.tss_private_key, next_object.auth "
    "FROM key LEFT JOIN next_object ON key_id = id ";

std::optional<KeyRecord> read_key(Statement& row) {
  if (!row.step()) return std::nullopt;
  KeyRecord record;
  record.id = to_key_id(row.blob(0));
  record.slot = {row.text(1), row.text(2), row.text(3)};
  record.algorithm = parse_algorithm(row.text(4));
  record.status = static_cast<KeyStatus>(row.integer(5));
  record.public_key = row.blob(6);
  record.protection = parse_protection(row.text(7));
  record.exposed = row.integer(8) != 0;
  record.pcrs = static_cast<tpm::PcrMask>(row.integer(9));
  record.policy = static_cast<KeyPolicy>(row.integer(10));
  record.tpm_object = {row.blob(11), tpm::SecretBytes(row.blob(12))};
  record.ciphertext = row.blob(13);
  if (Bytes next = row.blob(14); !next.empty()) record.next_object = {std::move(next), tpm::SecretBytes(row.blob(15))};
  return record;
}

void delete_pending_key(Database& database, const Slot& slot) {
  Statement forget(
      database,
      "DELETE FROM key WHERE application = ? AND certificate_group = ? AND certificate_type = ? AND status = 1");
  bind_slot(forget, slot).run();
}

void write_next_object(Database& database, const KeyId& id, const tpm::SealedSecret& object) {
  Statement(database, "INSERT OR REPLACE INTO next_object VALUES (?, ?, ?)")
      .bind(id)
      .bind(object.tss_private_key)
      .bind(object.auth.view())
      .run();
}

}  // namespace

std::optional<KeyRecord> State::key(const KeyId& id) {
  return attempt([&] {
    Statement statement(*database_, std::string(select_key) + "WHERE id = ?");
    return read_key(statement.bind(id));
  });
}

std::optional<KeyRecord> State::key(const Slot& slot, KeyStatus status) {
  return attempt([&] {
    Statement statement(*database_,
                        std::string(select_key) +
                            "WHERE application = ? AND certificate_group = ? AND certificate_type = ? AND status = ?");
    return read_key(bind_slot(statement, slot).bind(static_cast<std::int64_t>(status)));
  });
}

void State::put_pending_key(const KeyRecord& key) {
  attempt([&] {
    Transaction transaction(*database_);
    delete_pending_key(*database_, key.slot);
    Statement insert(
        *database_,
        "INSERT INTO key(id, application, certificate_group, certificate_type, algorithm, status, public_key, "
        "protection, exposed, pcrs, policy, tss_private_key, auth, ciphertext) "
        "VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_slot(insert.bind(key.id), key.slot)
        .bind(algorithm_name(key.algorithm))
        .bind(key.public_key)
        .bind(protection_name(key.protection))
        .bind(std::int64_t{key.exposed})
        .bind(std::int64_t{key.pcrs})
        .bind(static_cast<std::int64_t>(key.policy))
        .bind(key.tpm_object.tss_private_key)
        .bind(key.tpm_object.auth.view())
        .bind(key.ciphertext)
        .run();
    transaction.commit();
  });
}

void State::remove_pending_key(const KeyId& id) {
  attempt([&] { Statement(*database_, "DELETE FROM key WHERE id = ? AND status = 1").bind(id).run(); });
}

std::vector<KeyId> State::keys_of(const std::string& application) {
  return attempt([&] {
    std::vector<KeyId> ids;
    Statement statement(*database_, "SELECT id FROM key WHERE application = ?");
    statement.bind(application);
    while (statement.step()) ids.push_back(to_key_id(statement.blob(0)));
    return ids;
  });
}

std::vector<KeyId> State::keys_bound_to_pcrs() {
  return attempt([&] {
    std::vector<KeyId> ids;
    Statement statement(*database_, "SELECT id FROM key WHERE protection = 'sealed' AND policy = ? AND status <> 3");
    statement.bind(static_cast<std::int64_t>(KeyPolicy::pcr));
    while (statement.step()) ids.push_back(to_key_id(statement.blob(0)));
    return ids;
  });
}

void State::put_next_object(const KeyId& id, const tpm::SealedSecret& object) {
  attempt([&] { write_next_object(*database_, id, object); });
}

void State::promote_and_put_next_object(const KeyId& id, const tpm::SealedSecret& object) {
  attempt([&] {
    Transaction transaction(*database_);
    Statement(*database_,
              "UPDATE key SET tss_private_key = next.tss_private_key, auth = next.auth FROM next_object AS next "
              "WHERE id = ? AND next.key_id = id")
        .bind(id)
        .run();
    write_next_object(*database_, id, object);
    transaction.commit();
  });
}

void State::put_spare_key(const SpareKey& key) {
  attempt([&] {
    Statement(*database_, "INSERT INTO spare_key(public_key, algorithm, tss_private_key, auth) VALUES (?, ?, ?, ?)")
        .bind(key.public_key)
        .bind(algorithm_name(key.algorithm))
        .bind(key.tpm_object.tss_private_key)
        .bind(key.tpm_object.auth.view())
        .run();
  });
}

std::optional<SpareKey> State::take_spare_key(tpm::KeyAlgorithm algorithm) {
  return attempt([&]() -> std::optional<SpareKey> {
    Statement take(*database_,
                   "DELETE FROM spare_key WHERE public_key = (SELECT public_key FROM spare_key WHERE algorithm = ? "
                   "LIMIT 1) RETURNING public_key, tss_private_key, auth");
    if (!take.bind(algorithm_name(algorithm)).step()) return std::nullopt;
    SpareKey key{algorithm, take.blob(0), {take.blob(1), tpm::SecretBytes(take.blob(2))}};
    while (take.step()) continue;
    return key;
  });
}

std::size_t State::spare_keys(tpm::KeyAlgorithm algorithm) {
  return attempt([&] {
    Statement count(*database_, "SELECT count(*) FROM spare_key WHERE algorithm = ?");
    (void)count.bind(algorithm_name(algorithm)).step();
    return static_cast<std::size_t>(count.integer(0));
  });
}

std::vector<PcrApprovalRecord> State::pcr_approvals() {
  return attempt([&] {
    std::vector<PcrApprovalRecord> approvals;
    Statement row(*database_, "SELECT authority, pcrs, pcr_digest, signature FROM pcr_approval ORDER BY rowid");
    while (row.step())
      approvals.push_back({row.blob(0), static_cast<tpm::PcrMask>(row.integer(1)), row.blob(2), row.blob(3)});
    return approvals;
  });
}

void State::add_pcr_approval(const PcrApprovalRecord& approval) {
  attempt([&] {
    Transaction transaction(*database_);
    Statement(*database_, "INSERT OR REPLACE INTO pcr_approval VALUES (?, ?, ?, ?)")
        .bind(approval.authority)
        .bind(std::int64_t{approval.pcrs})
        .bind(approval.pcr_digest)
        .bind(approval.signature)
        .run();
    Statement(
        *database_,
        "DELETE FROM pcr_approval WHERE rowid NOT IN (SELECT rowid FROM pcr_approval ORDER BY rowid DESC LIMIT ?)")
        .bind(static_cast<std::int64_t>(tpm::KeyDevice::kMaxApprovals))
        .run();
    transaction.commit();
  });
}

std::optional<CertificateRecord> State::certificate(const Slot& slot) {
  const auto active = key(slot, KeyStatus::active);
  if (!active) return std::nullopt;
  return attempt([&] { return read_certificate(*database_, active->id, slot); });
}

std::optional<CertificateRecord> State::certificate(const KeyId& id) {
  const auto record = key(id);
  if (!record) return std::nullopt;
  return attempt([&] { return read_certificate(*database_, id, record->slot); });
}

std::optional<CertificateRecord> State::intact_certificate(const Slot& slot) {
  try {
    return certificate(slot);
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed) throw;
    return std::nullopt;
  }
}

}  // namespace edgeseal::agent
