#include "agent/state/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "agent/error.h"
#include "agent/journal.h"
#include "agent/openssl.h"
#include "agent/state/state_applications.h"
#include "agent/state/state_certificates.h"
#include "agent/state/state_schema.h"
#include "policy/error.h"
#include "policy/private_files.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view storage_key_fact = "storage-key-name";
constexpr std::string_view generation_fact = "generation";
constexpr std::string_view rejection_seed_fact = "rejection-seed";
constexpr std::string_view attestation_key_fact = "attestation-key";
constexpr std::string_view attestation_auth_fact = "attestation-key-auth";
constexpr std::string_view record_prefix = "record/";

std::string remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "free space on that file system";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "the directory must be owned by and writable for the account of the agent, on a writable file system";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "the database is damaged: restore it from a backup of the directory";
    default: return "see the journal of the kernel for errors of the storage";
  }
}

[[noreturn]] void refuse(const std::string& directory, const std::string& problem, const std::string& advice) {
  throw Error(Code::state_unavailable, fmt::format("state in {}: {}; remedy: {}", directory, problem, advice));
}

void make_where_missing(const std::string& directory, mode_t mode) {
  if (::mkdir(directory.c_str(), mode) == 0 && ::chmod(directory.c_str(), mode) == 0) return;
  if (errno != EEXIST) refuse(directory, std::strerror(errno), remedy(SQLITE_CANTOPEN));
}

}  // namespace

// flock(2) on a file beside the database: a second agent on the same state is refused with the pid of the first.
class State::Lock {
 public:
  explicit Lock(const std::string& directory) {
    const std::string path = directory + "/lock";
    file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_) agent::refuse(directory, fmt::format("{}: {}", path, std::strerror(errno)), remedy(SQLITE_CANTOPEN));
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
      agent::refuse(directory, fmt::format("in use by another edgeseald (pid {})", holder()),
                    "stop that one first, or give this one a state directory of its own");
    const std::string pid = fmt::format("{}\n", ::getpid());  // for people: nothing depends on it
    if (::ftruncate(file_.get(), 0) == 0) (void)!::pwrite(file_.get(), pid.data(), pid.size(), 0);
  }

 private:
  [[nodiscard]] std::string holder() const {
    std::array<char, 16> text{};
    const ssize_t size = ::pread(file_.get(), text.data(), text.size(), 0);
    std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    std::erase(pid, '\n');
    return pid.empty() ? "unknown" : pid;
  }

  policy::UniqueFd file_;
};

State::State(const std::string& directory) : directory_(directory) {
  make_where_missing(std::filesystem::path(directory).parent_path(), 0711);  // applications pass through to pki/
  make_where_missing(directory, 0700);
  try {
    const std::vector<std::string> files{"state.db", "state.db-wal", "state.db-shm", "lock"};
    for (const policy::Finding& mended : policy::hold_private(directory, files, ::geteuid()))
      log(Level::warning, Event::permissions_repaired,
          fmt::format("{}: {}, wanted: {}; repaired", mended.path, mended.found, mended.wanted));
  } catch (const policy::Error& error) {
    throw Error(Code::state_unavailable, error.what());
  }
  lock_ = std::make_unique<Lock>(directory);
  attempt([&] {
    database_ = std::make_unique<Database>(directory + "/state.db");
    mend_indexes();
    migrate();
  });
}

State::~State() = default;

void State::refuse(const SqliteError& error) const {
  agent::refuse(directory_, error.what(), remedy(error.code()));
}

// What else is damaged is told to whoever reads it.
void State::mend_indexes() {
  try {
    if (database_->mend_indexes())
      log(Level::warning, Event::state_repaired,
          fmt::format("{}/state.db: its indexes were damaged and have been made anew; is the disk in order?",
                      directory_));
  } catch (const SqliteError&) {
  }
}

void State::migrate() {
  const auto migrations = state_migrations();
  const auto version = static_cast<std::size_t>(database_->user_version());
  const std::size_t known = migrations.size();
  if (version > known)
    agent::refuse(directory_, fmt::format("written by a later release (schema {}, this one knows {})", version, known),
                  "install that release again; a downgrade needs a backup of the state from before the upgrade");
  if (version == known) return;
  Transaction transaction(*database_);
  for (const char* migration : migrations.subspan(version)) database_->execute(migration);
  put_missing_digests(*database_);
  put_missing_application_digests(*database_);
  database_->execute(fmt::format("PRAGMA user_version = {}", known).c_str());
  transaction.commit();
  // Into the file itself, where the packages look before they put an earlier release over it.
  database_->execute("PRAGMA wal_checkpoint");
}

std::optional<Bytes> State::fact(std::string_view name) {
  return attempt([&]() -> std::optional<Bytes> {
    Statement statement(*database_, "SELECT value FROM fact WHERE name = ?");
    if (!statement.bind(name).step()) return std::nullopt;
    return statement.blob(0);
  });
}

void State::put_fact(std::string_view name, ByteView value) {
  Statement(*database_, "INSERT OR REPLACE INTO fact VALUES (?, ?)").bind(name).bind(value).run();
}

void State::remove_fact(std::string_view name) {
  Statement(*database_, "DELETE FROM fact WHERE name = ?").bind(name).run();
}

std::optional<Bytes> State::record(std::string_view name) {
  return fact(std::string(record_prefix).append(name));
}

void State::put_record(std::string_view name, ByteView content) {
  attempt([&] { put_fact(std::string(record_prefix).append(name), content); });
}

void State::remove_record(std::string_view name) {
  attempt([&] { remove_fact(std::string(record_prefix).append(name)); });
}

void State::mark_unpublished(const std::string& application, const std::string& group) {
  Statement(*database_, "INSERT OR IGNORE INTO unpublished VALUES (?, ?)").bind(application).bind(group).run();
}

std::optional<Bytes> State::storage_key_name() {
  return fact(storage_key_fact);
}

void State::record_storage_key_name(ByteView name) {
  attempt([&] { put_fact(storage_key_fact, name); });
}

std::optional<tpm::AttestationKey> State::attestation_key() {
  auto blob = fact(attestation_key_fact), auth = fact(attestation_auth_fact);
  if (!blob || !auth) return std::nullopt;
  return tpm::AttestationKey{std::move(*blob), tpm::SecretBytes(*auth)};
}

void State::record_attestation_key(const tpm::AttestationKey& key) {
  attempt([&] {
    Transaction transaction(*database_);
    put_fact(attestation_key_fact, key.tss_private_key);
    put_fact(attestation_auth_fact, key.auth.view());
    transaction.commit();
  });
}

tpm::SecretBytes State::rejection_seed() {
  if (auto stored = fact(rejection_seed_fact)) return tpm::SecretBytes(*stored);
  tpm::SecretBytes seed(32);
  require_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(seed.span().data()), static_cast<int>(seed.size())) == 1,
                  "RAND_bytes");
  attempt([&] { put_fact(rejection_seed_fact, seed.view()); });
  return seed;
}

std::uint64_t State::generation() {
  const auto text = fact(generation_fact);
  std::uint64_t generation = 0;
  if (text) std::memcpy(&generation, text->data(), std::min(text->size(), sizeof generation));
  return generation;
}

void State::record_generation(std::uint64_t generation) {
  attempt([&] {
    Transaction transaction(*database_);
    write_generation(generation);
    transaction.commit();
  });
}

void State::write_generation(std::uint64_t generation) {
  const bool proven = setup_accepted_ || setup_proof_holds();
  put_fact(generation_fact, std::as_bytes(std::span(&generation, 1)));
  remove_setup_proof();
  if (proven) seal_setup(generation);
}

std::vector<ApplicationRecord> State::applications() {
  return attempt([&] { return read_applications(*database_); });
}

std::optional<ApplicationRecord> State::application(const std::string& name) {
  return attempt([&] { return read_application(*database_, name); });
}

void State::put_application(const ApplicationRecord& application) {
  attempt([&] {
    Transaction transaction(*database_);
    write_application(*database_, application);
    for (const SlotDeclaration& slot : application.slots) mark_unpublished(application.name, slot.group);
    for (const std::string& group : application.trust_groups) mark_unpublished(application.name, group);
    transaction.commit();
  });
}

void State::remove_application(const std::string& name) {
  attempt([&] {
    Transaction transaction(*database_);
    const bool unconfirmed = is_unconfirmed(name);
    Statement(*database_, "DELETE FROM application WHERE name = ?").bind(name).run();
    mark_unpublished(name, "");
    if (unconfirmed) unsettle_setup(name);
    transaction.commit();
  });
}

void State::put_deletions(const std::vector<std::string>& names) {
  attempt([&] {
    Transaction transaction(*database_);
    for (const std::string& name : names)
      Statement(*database_, "INSERT OR IGNORE INTO deletion SELECT name FROM application WHERE name = ?")
          .bind(name)
          .run();
    transaction.commit();
  });
}

void State::remove_deletion(const std::string& name) {
  attempt([&] { Statement(*database_, "DELETE FROM deletion WHERE application = ?").bind(name).run(); });
}

std::vector<std::string> State::deletions() {
  return attempt([&] {
    std::vector<std::string> names;
    Statement row(*database_, "SELECT application FROM deletion ORDER BY application");
    while (row.step()) names.push_back(row.text(0));
    return names;
  });
}

std::vector<dbus::GroupName> State::unpublished() {
  return attempt([&] {
    std::vector<dbus::GroupName> groups;
    Statement statement(*database_, "SELECT application, certificate_group FROM unpublished ORDER BY 1, 2");
    while (statement.step()) groups.push_back({statement.text(0), statement.text(1)});
    return groups;
  });
}

void State::mark_published(const std::string& application, const std::string& group) {
  attempt([&] {
    Statement(*database_, "DELETE FROM unpublished WHERE application = ? AND certificate_group = ?")
        .bind(application)
        .bind(group)
        .run();
  });
}

}  // namespace edgeseal::agent
