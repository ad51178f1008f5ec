#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace edgeseal::agent {

// Thrown by everything below; code() is the extended result code of SQLite.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

class Database;

// A prepared statement. Bind in order with bind(), then step() row by row.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view value);
  Statement& bind(std::span<const std::byte> value);

  [[nodiscard]] bool step();    // true: a row is there
  void run() { (void)step(); }  // for statements without rows

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::vector<std::byte> blob(int column) const;

 private:
  void require(int result) const;

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

// One connection: WAL, synchronous=FULL, foreign keys on.
class Database {
 public:
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  void execute(const char* sql);
  [[nodiscard]] int user_version();
  // Makes the indexes anew where rows are missing in them and nothing else is wrong: as a sector leaves them that was
  // overwritten with zeros, which no query notices. True: it did.
  [[nodiscard]] bool mend_indexes();
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }

 private:
  [[nodiscard]] std::vector<std::string> problems();

  sqlite3* handle_ = nullptr;
};

// BEGIN IMMEDIATE now; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace edgeseal::agent
