#include "tests/busy/gateway.h"

#include <openssl/evp.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>

#include "tests/bus/bus_client.h"
#include "tests/wait_until.h"

namespace edgeseal::test {
namespace {

namespace fs = std::filesystem;

// Keys that are made ahead would be written at a time of their own.
constexpr const char* kNoSpareKeys = "[keys]\nspare-rsa-keys = 0\n";

constexpr const char* kDatabase = "state.db";  // and what SQLite keeps beside it

std::string facts_of(const fs::directory_entry& entry) {
  std::string facts =
      entry.path().native() + " " + std::to_string(static_cast<unsigned>(entry.symlink_status().permissions()));
  if (entry.is_symlink()) return facts + " " + fs::read_symlink(entry.path()).native();
  if (!entry.is_regular_file()) return facts;
  std::ifstream file(entry.path(), std::ios::binary);
  return facts.append(std::istreambuf_iterator<char>(file), {});
}

fs::path find_database(const fs::path& below) {
  for (const auto& entry : fs::recursive_directory_iterator(below))
    if (entry.path().filename() == kDatabase) return entry.path();
  throw std::runtime_error("the agent has no state");
}

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

// Calls `each` with every row.
void select(sqlite3* database, const std::string& sql, const std::function<void(sqlite3_stmt*)>& each) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(database));
  const Statement statement(prepared, &sqlite3_finalize);
  while (sqlite3_step(prepared) == SQLITE_ROW) each(prepared);
}

std::string column(sqlite3_stmt* row, int index) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, index));
  return {bytes, bytes + sqlite3_column_bytes(row, index)};
}

// Of all tables; the head of the audit log follows each call, even one that is refused.
std::set<std::string> rows_of(const fs::path& path) {
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const Database database(opened, &sqlite3_close);
  if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(opened));
  std::set<std::string> tables, rows;
  select(opened, "SELECT name FROM sqlite_schema WHERE type = 'table'",
         [&](auto* row) { tables.insert(column(row, 0)); });
  for (const std::string& table : tables)
    select(opened, "SELECT * FROM \"" + table + "\"", [&](auto* row) {
      std::string text = table;
      for (int i = 0; i < sqlite3_column_count(row); ++i) text.append(1, '\0').append(column(row, i));
      if (text.find("audit-head") == std::string::npos) rows.insert(text);
    });
  return rows;
}

}  // namespace

Gateway::Gateway() : connection(sdbus::createSystemBusConnection()) {
  busy.emplace(*connection);
  start_agent();
}

void Gateway::start_agent() {
  agent_.emplace(directory.path(), tpm.tcti(), kNoSpareKeys);
  dbus::RemoteAgent agent(*connection, dbus::kRootPath);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (agent.TpmHealth() != "ready") {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the agent does not open its TPM");
  }
}

void Gateway::kill_agent() {
  ::kill(agent_->id(), SIGKILL);
  agent_.reset();
}

void Gateway::make_application(const std::string& name) {
  dbus::RemoteAgent agent(*connection, dbus::kRootPath);
  agent.CreateApplication(name, {});
  dbus::RemoteGroup group(*connection, dbus::group_path({name, "https"}));
  group.CreateSelfSignedCertificate("https", {});
  group.ApplyChanges({});
  group.CertifyKey("https", {1}, {});
}

std::string Gateway::hash_of_state() const {
  const fs::path state = directory.path() / "state";
  wait_until("the end of old generations", [&] { return fs::is_empty(state / "pki" / ".staging"); });
  std::set<std::string> all = rows_of(find_database(state));
  for (auto entry = fs::recursive_directory_iterator(state); entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->path().filename() == "audit") entry.disable_recursion_pending();
    if (!entry->path().filename().native().starts_with(kDatabase)) all.insert(facts_of(*entry));
  }
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto& facts : all) EVP_DigestUpdate(context.get(), facts.c_str(), facts.size() + 1);
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

void Gateway::see_signals() {
  (void)busy->Busy();
  while (dbus::compat::process_one(*connection)) continue;
}

}  // namespace edgeseal::test
