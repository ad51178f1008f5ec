#include "agent/state/state_certificates.h"

#include <fmt/format.h>

#include "agent/error.h"
#include "agent/openssl.h"
#include "agent/state/state_columns.h"

namespace edgeseal::agent {

namespace {

std::vector<Bytes> read_issuers(Database& database, const KeyId& key) {
  std::vector<Bytes> issuers;
  Statement row(database, "SELECT certificate FROM issuer WHERE key_id = ? ORDER BY position");
  row.bind(key);
  while (row.step()) issuers.push_back(row.blob(0));
  return issuers;
}

std::vector<CertificateRecord> without_digest(Database& database) {
  std::vector<CertificateRecord> records;
  Statement row(database, "SELECT key_id, certificate FROM certificate WHERE digest = x''");
  while (row.step()) records.push_back({{}, to_key_id(row.blob(0)), row.blob(1), {}});
  return records;
}

}  // namespace

Bytes certificate_digest(const CertificateRecord& record) {
  Bytes digests(record.key_id.begin(), record.key_id.end());
  const auto add = [&digests](const Bytes& certificate) {
    const auto digest = sha256(certificate);
    digests.insert(digests.end(), digest.begin(), digest.end());
  };
  add(record.certificate);
  for (const Bytes& issuer : record.issuers) add(issuer);
  return sha256_bytes(digests);
}

std::optional<CertificateRecord> read_certificate(Database& database, const KeyId& key, const Slot& slot) {
  Statement row(database, "SELECT certificate, digest FROM certificate WHERE key_id = ?");
  if (!row.bind(key).step()) return std::nullopt;
  CertificateRecord record{slot, key, row.blob(0), read_issuers(database, key)};
  if (row.blob(1) != certificate_digest(record))
    throw Error(Code::security_checks_failed,
                fmt::format("the certificate of {} or one of its issuers was damaged in the state and is not used; "
                            "remedy: install it again, or delete it and install a new one",
                            slot.key_name()));
  return record;
}

void write_certificate(Database& database, const CertificateRecord& record) {
  Statement(database, "DELETE FROM certificate WHERE key_id = ?").bind(record.key_id).run();
  Statement(database, "INSERT INTO certificate VALUES (?, ?, ?)")
      .bind(record.key_id)
      .bind(record.certificate)
      .bind(certificate_digest(record))
      .run();
  for (std::size_t i = 0; i < record.issuers.size(); ++i)
    Statement(database, "INSERT INTO issuer VALUES (?, ?, ?)")
        .bind(record.key_id)
        .bind(static_cast<std::int64_t>(i))
        .bind(record.issuers[i])
        .run();
}

void put_missing_digests(Database& database) {
  for (CertificateRecord& record : without_digest(database)) {
    record.issuers = read_issuers(database, record.key_id);
    Statement(database, "UPDATE certificate SET digest = ? WHERE key_id = ?")
        .bind(certificate_digest(record))
        .bind(record.key_id)
        .run();
  }
}

}  // namespace edgeseal::agent
