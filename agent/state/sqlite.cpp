#include "agent/state/sqlite.h"

#include <sqlite3.h>

#include <algorithm>

namespace edgeseal::agent {

namespace {

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* message = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  throw SqliteError(database != nullptr ? sqlite3_extended_errcode(database) : code, message);
}

bool any_has(const std::vector<std::string>& problems, std::string_view text) {
  return std::ranges::any_of(problems, [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) : database_(database.handle()) {
  require(sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr));
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::require(int result) const {
  if (result != SQLITE_OK) fail(database_, result);
}

Statement& Statement::bind(std::int64_t value) {
  require(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  require(sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(std::span<const std::byte> value) {
  require(sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : static_cast<const void*>(value.data()),
                              value.size(), SQLITE_TRANSIENT));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) fail(database_, result);
  return false;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::vector<std::byte> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, bytes + sqlite3_column_bytes(statement_, column)};
}

Database::Database(const std::string& path) {
  const int result = sqlite3_open_v2(path.c_str(), &handle_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, nullptr);
  try {
    if (result != SQLITE_OK) fail(handle_, result);
    sqlite3_extended_result_codes(handle_, 1);
    execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;");
    // What was overwritten stands in the log of the run before; on a full disk it stays there for now.
    sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::execute(const char* sql) {
  if (const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); result != SQLITE_OK)
    fail(handle_, result);
}

std::vector<std::string> Database::problems() {
  std::vector<std::string> told;
  Statement check(*this, "PRAGMA integrity_check");
  while (check.step()) told.push_back(check.text(0));
  sqlite3_db_release_memory(handle_);  // all of the file went through the cache
  return told == std::vector<std::string>{"ok"} ? std::vector<std::string>{} : told;
}

// Where the numbers differ, it may be the table that has lost rows, and its index alone that tells.
bool Database::mend_indexes() {
  const std::vector<std::string> found = problems();
  if (!any_has(found, "missing from index") || any_has(found, "wrong # of entries")) return false;
  Transaction transaction(*this);
  execute("REINDEX");
  if (!problems().empty()) return false;
  transaction.commit();
  return true;
}

int Database::user_version() {
  Statement statement(*this, "PRAGMA user_version");
  return statement.step() ? static_cast<int>(statement.integer(0)) : 0;
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const SqliteError&) {
    // SQLite has rolled back by itself (disk full, I/O error): nothing is left to undo.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace edgeseal::agent
