#include "agent/state/state_applications.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

using Columns = std::array<std::string, 10>;  // of `select_record`, in its order; the digest comes after them

constexpr std::string_view select_record =
    "SELECT name, application_uri, account, access, slots, origin, legacy, trust_groups, server_capabilities, exports, "
    "digest FROM application ";

std::string join_lines(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

Columns columns_of(const Statement& row) {
  Columns columns;
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = row.text(static_cast<int>(i));
  return columns;
}

Columns columns_of(const ApplicationRecord& record) {
  std::vector<std::string> slots;
  for (const SlotDeclaration& slot : record.slots) slots.push_back(slot.text());
  return {record.name,
          record.application_uri,
          record.account,
          join_lines(record.access),
          join_lines(slots),
          record.origin,
          join_lines(record.legacy),
          join_lines(record.trust_groups),
          join_lines(record.server_capabilities),
          join_lines(record.exports)};
}

ApplicationRecord record_of(const Columns& columns) {
  ApplicationRecord record{columns[0],
                           columns[1],
                           columns[2],
                           split_lines(columns[3]),
                           {},
                           columns[5],
                           split_lines(columns[6]),
                           split_lines(columns[7]),
                           split_lines(columns[8]),
                           split_lines(columns[9])};
  for (const std::string& slot : split_lines(columns[4])) record.slots.push_back(SlotDeclaration::parse(slot));
  return record;
}

// No column has a NUL.
Bytes digest_of(const Columns& columns) {
  const std::string text = fmt::format("{}", fmt::join(columns, std::string_view("\0", 1)));
  return sha256_bytes(jose::bytes_of(text));
}

// Before anything is read out of what may be damaged.
ApplicationRecord read(const Statement& row) {
  const Columns columns = columns_of(row);
  if (row.blob(static_cast<int>(columns.size())) != digest_of(columns))
    throw SqliteError(SQLITE_CORRUPT, "the record of an application does not fit its digest");
  return record_of(columns);
}

}  // namespace

std::vector<ApplicationRecord> read_applications(Database& database) {
  std::vector<ApplicationRecord> records;
  Statement row(database, std::string(select_record) + "ORDER BY name");
  while (row.step()) records.push_back(read(row));
  return records;
}

std::optional<ApplicationRecord> read_application(Database& database, const std::string& name) {
  Statement row(database, std::string(select_record) + "WHERE name = ?");
  if (!row.bind(name).step()) return std::nullopt;
  return read(row);
}

void write_application(Database& database, const ApplicationRecord& application) {
  const Columns columns = columns_of(application);
  Statement statement(database,
                      "INSERT INTO application VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
                      "ON CONFLICT (name) DO UPDATE SET application_uri = ?2, account = ?3, access = ?4, slots = ?5, "
                      "origin = ?6, legacy = ?7, trust_groups = ?8, server_capabilities = ?9, exports = ?10, "
                      "digest = ?11");
  for (const std::string& column : columns) statement.bind(column);
  statement.bind(digest_of(columns)).run();
}

void put_missing_application_digests(Database& database) {
  std::vector<Columns> missing;
  Statement row(database, std::string(select_record) + "WHERE digest = x''");
  while (row.step()) missing.push_back(columns_of(row));
  for (const Columns& columns : missing)
    Statement(database, "UPDATE application SET digest = ? WHERE name = ?")
        .bind(digest_of(columns))
        .bind(columns.front())
        .run();
}

}  // namespace edgeseal::agent
