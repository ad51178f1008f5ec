#include "agent/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "agent/error.h"
#include "policy/error.h"
#include "policy/trusted_path.h"

namespace edgeseal::agent {

namespace {

// One entry per schema version: what leads from the version before to it. Never edited after a release, only appended
// to.
constexpr std::array migrations = {
    R"sql(
      CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
      CREATE TABLE application(
        name TEXT PRIMARY KEY, application_uri TEXT NOT NULL, account TEXT NOT NULL,
        access TEXT NOT NULL,      -- one rule a line
        slots TEXT NOT NULL,       -- one declaration a line
        origin TEXT NOT NULL) STRICT;
      CREATE TABLE key(
        id BLOB PRIMARY KEY,       -- SHA-256 of public_key
        application TEXT NOT NULL REFERENCES application(name) ON DELETE CASCADE,
        certificate_group TEXT NOT NULL, certificate_type TEXT NOT NULL, algorithm TEXT NOT NULL,
        status INTEGER NOT NULL CHECK (status IN (1, 2, 3)),
        public_key BLOB NOT NULL, tss_private_key BLOB NOT NULL, auth BLOB NOT NULL,
        retired_at INTEGER NOT NULL DEFAULT 0) STRICT;   -- seconds since 1970
      CREATE UNIQUE INDEX key_of_slot ON key(application, certificate_group, certificate_type, status) WHERE status IN (1, 2);
      CREATE INDEX key_retired ON key(retired_at) WHERE status = 3;
      CREATE TABLE certificate(
        key_id BLOB PRIMARY KEY REFERENCES key(id) ON DELETE CASCADE, certificate BLOB NOT NULL) STRICT;
      CREATE TABLE issuer(
        key_id BLOB NOT NULL REFERENCES certificate(key_id) ON DELETE CASCADE, position INTEGER NOT NULL,
        certificate BLOB NOT NULL, PRIMARY KEY (key_id, position)) STRICT;
      CREATE TABLE unpublished(    -- groups whose published directory is behind the state
        application TEXT NOT NULL, certificate_group TEXT NOT NULL, PRIMARY KEY (application, certificate_group)) STRICT;
    )sql",
};

constexpr std::string_view setup_closed_fact = "setup-closed";
constexpr std::string_view storage_key_fact = "storage-key-name";

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

// Runs one public function of State: what SQLite says becomes what the caller understands.
template <class Function>
auto attempt(const std::string& directory, const Function& function) {
  try {
    return function();
  } catch (const SqliteError& error) {
    refuse(directory, error.what(), remedy(error.code()));
  }
}

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

KeyId to_key_id(const Bytes& bytes) {
  KeyId id{};
  if (bytes.size() != id.size()) throw SqliteError(SQLITE_CORRUPT, "a key id has the wrong size");
  std::ranges::copy(bytes, id.begin());
  return id;
}

ApplicationRecord read_application(const Statement& row) {
  ApplicationRecord record{row.text(0), row.text(1), row.text(2), split_lines(row.text(3)), {}, row.text(5)};
  for (const std::string& slot : split_lines(row.text(4))) record.slots.push_back(SlotDeclaration::parse(slot));
  return record;
}

constexpr std::string_view select_application =
    "SELECT name, application_uri, account, access, slots, origin FROM application ";
constexpr std::string_view select_key =
    "SELECT id, application, certificate_group, certificate_type, algorithm, status, public_key, tss_private_key, auth "
    "FROM key ";

std::optional<KeyRecord> read_key(Statement& statement) {
  if (!statement.step()) return std::nullopt;
  return KeyRecord{to_key_id(statement.blob(0)),
                   Slot{statement.text(1), statement.text(2), statement.text(3)},
                   parse_algorithm(statement.text(4)),
                   static_cast<KeyStatus>(statement.integer(5)),
                   statement.blob(6),
                   statement.blob(7),
                   tpm::SecretBytes(statement.blob(8))};
}

Statement& bind_slot(Statement& statement, const Slot& slot) {
  return statement.bind(slot.application).bind(slot.group).bind(slot.certificate_type);
}

std::int64_t seconds(State::Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<CertificateRecord> read_certificate(Database& database, const KeyRecord& key) {
  Statement certificate(database, "SELECT certificate FROM certificate WHERE key_id = ?");
  if (!certificate.bind(key.id).step()) return std::nullopt;
  CertificateRecord record{key.slot, key.id, certificate.blob(0), {}};
  Statement issuers(database, "SELECT certificate FROM issuer WHERE key_id = ? ORDER BY position");
  issuers.bind(key.id);
  while (issuers.step()) record.issuers.push_back(issuers.blob(0));
  return record;
}

void write_certificate(Database& database, const CertificateRecord& record) {
  Statement(database, "DELETE FROM certificate WHERE key_id = ?").bind(record.key_id).run();
  Statement(database, "INSERT INTO certificate VALUES (?, ?)").bind(record.key_id).bind(record.certificate).run();
  for (std::size_t i = 0; i < record.issuers.size(); ++i)
    Statement(database, "INSERT INTO issuer VALUES (?, ?, ?)")
        .bind(record.key_id)
        .bind(static_cast<std::int64_t>(i))
        .bind(record.issuers[i])
        .run();
}

void make_active(Database& database, const CertificateRecord& record, State::Clock::time_point now) {
  Statement retire(database,
                   "UPDATE key SET status = 3, retired_at = ? WHERE application = ? AND certificate_group = ? AND "
                   "certificate_type = ? AND status = 2 AND id <> ?");
  retire.bind(seconds(now));
  bind_slot(retire, record.slot).bind(record.key_id).run();
  Statement(database, "UPDATE key SET status = 2 WHERE id = ?").bind(record.key_id).run();
}

void mark_unpublished(Database& database, const std::string& application, const std::string& group) {
  Statement(database, "INSERT OR IGNORE INTO unpublished VALUES (?, ?)").bind(application).bind(group).run();
}

void put_fact(Database& database, std::string_view name, ByteView value) {
  Statement(database, "INSERT OR REPLACE INTO fact VALUES (?, ?)").bind(name).bind(value).run();
}

}  // namespace

// flock(2) on a file beside the database: a second agent on the same state is refused with the pid of the first.
class State::Lock {
 public:
  explicit Lock(const std::string& directory) {
    const std::string path = directory + "/lock";
    file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_) refuse(directory, fmt::format("{}: {}", path, std::strerror(errno)), remedy(SQLITE_CANTOPEN));
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
      refuse(directory, fmt::format("in use by another edgeseald (pid {})", holder()),
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
    (void)policy::open_trusted_directory(directory, ::geteuid());
  } catch (const policy::Error& error) {
    throw Error(Code::state_unavailable, error.what());
  }
  lock_ = std::make_unique<Lock>(directory);
  attempt(directory_, [&] {
    database_ = std::make_unique<Database>(directory + "/state.db");
    migrate();
  });
}

State::~State() = default;

void State::migrate() {
  const int version = database_->user_version();
  const int known = static_cast<int>(migrations.size());
  if (version > known)
    refuse(directory_, fmt::format("written by a later release (schema {}, this one knows {})", version, known),
           "install that release again; a downgrade needs a backup of the state from before the upgrade");
  if (version == known) return;
  Transaction transaction(*database_);
  for (int next = version; next < known; ++next) database_->execute(migrations[static_cast<std::size_t>(next)]);
  database_->execute(fmt::format("PRAGMA user_version = {}", known).c_str());
  transaction.commit();
}

std::optional<Bytes> State::storage_key_name() {
  return attempt(directory_, [&]() -> std::optional<Bytes> {
    Statement statement(*database_, "SELECT value FROM fact WHERE name = ?");
    if (!statement.bind(storage_key_fact).step()) return std::nullopt;
    return statement.blob(0);
  });
}

void State::record_storage_key_name(ByteView name) {
  attempt(directory_, [&] { put_fact(*database_, storage_key_fact, name); });
}

bool State::setup_open() {
  return attempt(directory_, [&] {
    Statement statement(*database_, "SELECT 1 FROM fact WHERE name = ?");
    return !statement.bind(setup_closed_fact).step();
  });
}

std::vector<ApplicationRecord> State::applications() {
  return attempt(directory_, [&] {
    std::vector<ApplicationRecord> records;
    Statement statement(*database_, std::string(select_application) + "ORDER BY name");
    while (statement.step()) records.push_back(read_application(statement));
    return records;
  });
}

std::optional<ApplicationRecord> State::application(const std::string& name) {
  return attempt(directory_, [&]() -> std::optional<ApplicationRecord> {
    Statement statement(*database_, std::string(select_application) + "WHERE name = ?");
    if (!statement.bind(name).step()) return std::nullopt;
    return read_application(statement);
  });
}

void State::put_application(const ApplicationRecord& application) {
  std::vector<std::string> slots;
  for (const SlotDeclaration& slot : application.slots) slots.push_back(slot.text());
  attempt(directory_, [&] {
    Transaction transaction(*database_);
    Statement(*database_,
              "INSERT INTO application VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET "
              "application_uri = ?2, account = ?3, access = ?4, slots = ?5, origin = ?6")
        .bind(application.name)
        .bind(application.application_uri)
        .bind(application.account)
        .bind(join_lines(application.access))
        .bind(join_lines(slots))
        .bind(application.origin)
        .run();
    for (const SlotDeclaration& slot : application.slots) mark_unpublished(*database_, application.name, slot.group);
    transaction.commit();
  });
}

void State::remove_application(const std::string& name) {
  attempt(directory_, [&] {
    Transaction transaction(*database_);
    Statement(*database_, "DELETE FROM application WHERE name = ?").bind(name).run();
    mark_unpublished(*database_, name, "");
    transaction.commit();
  });
}

std::optional<KeyRecord> State::key(const KeyId& id) {
  return attempt(directory_, [&] {
    Statement statement(*database_, std::string(select_key) + "WHERE id = ?");
    return read_key(statement.bind(id));
  });
}

std::optional<KeyRecord> State::key(const Slot& slot, KeyStatus status) {
  return attempt(directory_, [&] {
    Statement statement(*database_,
                        std::string(select_key) +
                            "WHERE application = ? AND certificate_group = ? AND certificate_type = ? AND status = ?");
    return read_key(bind_slot(statement, slot).bind(static_cast<std::int64_t>(status)));
  });
}

void State::put_pending_key(const KeyRecord& key) {
  attempt(directory_, [&] {
    Transaction transaction(*database_);
    Statement forget(
        *database_,
        "DELETE FROM key WHERE application = ? AND certificate_group = ? AND certificate_type = ? AND status = 1");
    bind_slot(forget, key.slot).run();
    Statement insert(
        *database_,
        "INSERT INTO key(id, application, certificate_group, certificate_type, algorithm, status, public_key, "
        "tss_private_key, auth) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)");
    bind_slot(insert.bind(key.id), key.slot)
        .bind(algorithm_name(key.algorithm))
        .bind(key.public_key)
        .bind(key.tss_private_key)
        .bind(key.auth.view())
        .run();
    transaction.commit();
  });
}

std::optional<CertificateRecord> State::certificate(const Slot& slot) {
  const auto active = key(slot, KeyStatus::active);
  if (!active) return std::nullopt;
  return attempt(directory_, [&] { return read_certificate(*database_, *active); });
}

std::optional<CertificateRecord> State::certificate(const KeyId& id) {
  const auto record = key(id);
  if (!record) return std::nullopt;
  return attempt(directory_, [&] { return read_certificate(*database_, *record); });
}

void State::activate(const std::vector<CertificateRecord>& certificates, Clock::time_point now) {
  attempt(directory_, [&] {
    Transaction transaction(*database_);
    for (const CertificateRecord& record : certificates) {
      make_active(*database_, record, now);
      write_certificate(*database_, record);
      mark_unpublished(*database_, record.slot.application, record.slot.group);
    }
    put_fact(*database_, setup_closed_fact, {});
    transaction.commit();
  });
}

std::vector<std::pair<std::string, std::string>> State::unpublished() {
  return attempt(directory_, [&] {
    std::vector<std::pair<std::string, std::string>> groups;
    Statement statement(*database_, "SELECT application, certificate_group FROM unpublished ORDER BY 1, 2");
    while (statement.step()) groups.emplace_back(statement.text(0), statement.text(1));
    return groups;
  });
}

void State::mark_published(const std::string& application, const std::string& group) {
  attempt(directory_, [&] {
    Statement(*database_, "DELETE FROM unpublished WHERE application = ? AND certificate_group = ?")
        .bind(application)
        .bind(group)
        .run();
  });
}

std::vector<KeyId> State::drop_retired(Clock::time_point before) {
  return attempt(directory_, [&] {
    std::vector<KeyId> dropped;
    Statement statement(*database_,
                        "DELETE FROM key WHERE status = 3 AND retired_at < ? AND NOT EXISTS (SELECT 1 FROM unpublished "
                        "WHERE unpublished.application = key.application AND unpublished.certificate_group = "
                        "key.certificate_group) RETURNING id");
    statement.bind(seconds(before));
    while (statement.step()) dropped.push_back(to_key_id(statement.blob(0)));
    return dropped;
  });
}

std::optional<State::Clock::time_point> State::oldest_retirement() {
  return attempt(directory_, [&]() -> std::optional<Clock::time_point> {
    Statement statement(*database_, "SELECT retired_at FROM key WHERE status = 3 ORDER BY retired_at LIMIT 1");
    if (!statement.step()) return std::nullopt;
    return Clock::time_point(std::chrono::seconds(statement.integer(0)));
  });
}

}  // namespace edgeseal::agent
