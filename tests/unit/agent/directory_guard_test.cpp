// Every way in which somebody tampers with a published directory is repaired or refused within two seconds, and told.

#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <sys/acl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <thread>

#include "policy/posix_acl.h"
#include "policy/unique_fd.h"
#include "tests/unit/agent/guard_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using test::AsRoot;
using test::GuardFixture;
using test::may_be_root;
namespace fs = std::filesystem;
namespace data = boost::unit_test::data;

namespace {

constexpr uid_t stranger = 4711;
constexpr uid_t reader = 33;  // of what the fixture publishes
constexpr auto deadline = 20s;

// In a process of that account.
bool succeeds_as(uid_t account, const std::function<bool()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool done = ::seteuid(0) == 0 && ::setgroups(0, nullptr) == 0 && ::setgid(account) == 0 &&
                      ::setuid(account) == 0 && action();
    ::_exit(done ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void write(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  BOOST_REQUIRE((file << content).flush().good());
}

void chmod_to(const fs::path& path, mode_t mode) {
  BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}

void chown_to(const fs::path& path, uid_t user, gid_t group) {
  BOOST_REQUIRE(::chown(path.c_str(), user, group) == 0);
}

void set_acl(const fs::path& path, acl_type_t type, const char* text) {
  const std::unique_ptr<std::remove_pointer_t<acl_t>, int (*)(void*)> acl(::acl_from_text(text), ::acl_free);
  BOOST_REQUIRE_MESSAGE(acl && ::acl_set_file(path.c_str(), type, acl.get()) == 0, std::strerror(errno));
}

void mount_over(const fs::path& path) {
  BOOST_REQUIRE_MESSAGE(::mount("tmpfs", path.c_str(), "tmpfs", 0, nullptr) == 0, std::strerror(errno));
}

// Same size, same time: only the content tells.
void forge(const fs::path& path) {
  struct stat before {};
  BOOST_REQUIRE(::stat(path.c_str(), &before) == 0);
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).put('\x7f');
  const timespec times[2] = {before.st_atim, before.st_mtim};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

void set_immutable(const fs::path& path, bool immutable) {
  const policy::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int flags = 0;
  BOOST_REQUIRE(::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) == 0);
  flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  BOOST_REQUIRE(::ioctl(file.get(), FS_IOC_SETFLAGS, &flags) == 0);
}

void bind_socket(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  BOOST_REQUIRE(path.string().size() < sizeof address.sun_path);
  std::strcpy(address.sun_path, path.c_str());
  const policy::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

struct Place {
  fs::path state, root, application, group, file, elsewhere;
};

struct Drift {
  const char* name;
  const char* outcome;  // "repaired", "refused"
  const char* found;    // what the audit record says of it
  std::function<void(const Place&)> make;
  bool by_root = false;                      // only root can do so
  std::function<void(const Place&)> undo{};  // so that the test leaves nothing
};
std::ostream& operator<<(std::ostream& out, const Drift& drift) {
  return out << drift.name;
}

const Drift drifts[] = {
    {"mode_of_a_file", "repaired", "mode 0666", [](const Place& at) { chmod_to(at.file, 0666); }},
    {"mode_of_a_directory", "repaired", "mode 0777", [](const Place& at) { chmod_to(at.group / "trusted", 0777); }},
    {"a_directory_that_nobody_may_enter", "repaired", "mode 0000",
     [](const Place& at) { chmod_to(at.group / "trusted", 0); }},
    {"a_set_group_id_bit", "repaired", "mode 2755", [](const Place& at) { chmod_to(at.group / "own", 02755); }},
    {"owner_of_a_file", "repaired", "belongs to root",
     [](const Place& at) { chown_to(at.file, 0, test::agent_account); }, true},
    {"owner_of_a_directory", "repaired", "belongs to root",
     [](const Place& at) { chown_to(at.group / "trusted", 0, test::agent_account); }, true},
    {"owner_of_the_whole_group", "refused", "belongs to uid 4711",
     [](const Place& at) { chown_to(at.group, stranger, test::agent_account); }, true},
    {"owner_of_the_application_directory", "refused", "belongs to uid 4711",
     [](const Place& at) { chown_to(at.application, stranger, test::agent_account); }, true},
    {"group_of_a_file", "repaired", "group 4711",
     [](const Place& at) { chown_to(at.file, test::agent_account, stranger); }, true},
    {"another_reader_in_the_acl", "repaired", "u:4711:r-x",
     [](const Place& at) {
       set_acl(at.application, ACL_TYPE_ACCESS, "u::rwx,g::r-x,o::---,m::r-x,u:33:r-x,g:44:r-x,u:4711:r-x");
     }},
    {"a_writer_in_the_acl", "repaired", "u:33:rwx",
     [](const Place& at) {
       set_acl(at.application, ACL_TYPE_ACCESS, "u::rwx,g::r-x,o::---,m::rwx,u:33:rwx,g:44:r-x");
     }},
    {"a_reader_taken_from_the_acl", "repaired", "ACL u::rwx,g::r-x,g:44:r-x",
     [](const Place& at) { set_acl(at.application, ACL_TYPE_ACCESS, "u::rwx,g::r-x,o::---,m::r-x,g:44:r-x"); }},
    {"no_acl_at_all", "repaired", "mode 0755",
     [](const Place& at) { set_acl(at.application, ACL_TYPE_ACCESS, "u::rwx,g::r-x,o::r-x"); }},
    {"an_acl_on_a_file", "repaired", "u:4711:rw-",
     [](const Place& at) { set_acl(at.file, ACL_TYPE_ACCESS, "u::rw-,g::r--,o::r--,m::rw-,u:4711:rw-"); }},
    {"a_default_acl", "repaired", "default ACL",
     [](const Place& at) {
       set_acl(at.group / "trusted/certs", ACL_TYPE_DEFAULT, "u::rwx,g::r-x,o::---,m::rwx,u:4711:rwx");
     }},
    {"a_link_in_the_place_of_a_file", "repaired", "a symbolic link",
     [](const Place& at) {
       fs::remove(at.file);
       fs::create_symlink("/etc/passwd", at.file);
     }},
    {"a_link_in_the_place_of_a_directory", "repaired", "a symbolic link",
     [](const Place& at) {
       fs::rename(at.group / "trusted", at.elsewhere / "trusted");
       fs::create_directory_symlink(at.elsewhere / "trusted", at.group / "trusted");
     }},
    {"a_link_in_the_place_of_the_group", "repaired", "a symbolic link",
     [](const Place& at) {
       fs::rename(at.group, at.elsewhere / "group");
       fs::create_directory_symlink(at.elsewhere / "group", at.group);
     }},
    {"a_link_in_the_place_of_the_application", "repaired", "a symbolic link",
     [](const Place& at) {
       fs::rename(at.application, at.elsewhere / "application");
       fs::create_directory_symlink(at.elsewhere / "application", at.application);
     }},
    {"a_renamed_file", "repaired", "does not belong here",
     [](const Place& at) { fs::rename(at.file, at.file.string() + "x"); }},
    {"a_renamed_directory", "repaired", "does not exist",
     [](const Place& at) { fs::rename(at.group / "issuer", at.group / "issuers"); }},
    {"another_file", "repaired", "a regular file that does not belong here",
     [](const Place& at) { write(at.group / "trusted/certs/mallory.der", "x"); }},
    {"another_directory", "repaired", "a directory that does not belong here",
     [](const Place& at) { fs::create_directories(at.group / "trusted/certs/deep/er"); }},
    {"a_file_beside_the_groups", "repaired", "a regular file that does not belong here",
     [](const Place& at) { write(at.application / "x", "x"); }},
    {"a_directory_beside_the_applications", "repaired", "a directory that does not belong here",
     [](const Place& at) { fs::create_directory(at.root / "mallory"); }},
    {"a_directory_of_another_beside_the_applications", "refused", "a directory that does not belong here",
     [](const Place& at) { fs::create_directories(at.root / "mallory/application"); }, true},
    {"a_fifo", "repaired", "a FIFO",
     [](const Place& at) {
       fs::remove(at.file);
       BOOST_REQUIRE(::mkfifo(at.file.c_str(), 0644) == 0);
     }},
    {"a_socket", "repaired", "a socket", [](const Place& at) { bind_socket(at.group / "s"); }},
    {"a_device", "repaired", "a device",
     [](const Place& at) {
       fs::remove(at.file);
       BOOST_REQUIRE(::mknod(at.file.c_str(), S_IFCHR | 0644, 0x501) == 0);
     },
     true},
    {"a_hard_link_in_the_place_of_a_file", "repaired", "2 hard links",
     [](const Place& at) {
       fs::copy_file(at.file, at.elsewhere / "copy");
       fs::remove(at.file);
       fs::create_hard_link(at.elsewhere / "copy", at.file);
     }},
    {"a_hard_link_elsewhere", "repaired", "2 hard links",
     [](const Place& at) { fs::create_hard_link(at.file, at.elsewhere / "link"); }},
    {"content_changed_through_a_hard_link", "repaired", "other content",
     [](const Place& at) {
       fs::create_hard_link(at.file, at.elsewhere / "link");
       forge(at.elsewhere / "link");
       fs::remove(at.elsewhere / "link");
     }},
    {"content_of_the_same_size_and_time", "repaired", "other content", [](const Place& at) { forge(at.file); }},
    {"a_longer_file", "repaired", "4 bytes",
     [](const Place& at) { std::ofstream(at.file, std::ios::app | std::ios::binary) << "x"; }},
    {"a_truncated_file", "repaired", "0 bytes", [](const Place& at) { fs::resize_file(at.file, 0); }},
    {"a_deleted_file", "repaired", "does not exist", [](const Place& at) { fs::remove(at.file); }},
    {"a_deleted_directory", "repaired", "does not exist",
     [](const Place& at) { fs::remove_all(at.group / "trusted/crl"); }},
    {"the_whole_group_removed", "repaired", "does not exist", [](const Place& at) { fs::remove_all(at.group); }},
    {"the_whole_application_removed", "repaired", "does not exist",
     [](const Place& at) { fs::remove_all(at.application); }},
    {"everything_removed", "repaired", "does not exist", [](const Place& at) { fs::remove_all(at.root); }},
    {"everything_renamed", "repaired", "does not exist",
     [](const Place& at) { fs::rename(at.root, at.elsewhere / "pki"); }},
    {"the_staging_directory_removed", "repaired", "does not exist",
     [](const Place& at) { fs::remove_all(at.root / ".staging"); }},
    {"a_link_in_the_place_of_everything", "refused", "a symbolic link",
     [](const Place& at) {
       fs::rename(at.root, at.elsewhere / "pki");
       fs::create_directory_symlink(at.elsewhere / "pki", at.root);
     }},
    {"another_directory_in_the_place_of_everything", "refused", "belongs to root",
     [](const Place& at) {
       fs::rename(at.root, at.elsewhere / "pki");
       fs::create_directory(at.root);
     },
     true},
    {"a_mount_over_a_directory", "refused", "mounted over it",
     [](const Place& at) { mount_over(at.group / "trusted/certs"); }, true,
     [](const Place& at) { ::umount2((at.group / "trusted/certs").c_str(), MNT_DETACH); }},
    {"a_mount_over_the_group", "refused", "mounted over it", [](const Place& at) { mount_over(at.group); }, true,
     [](const Place& at) { ::umount2(at.group.c_str(), MNT_DETACH); }},
    {"a_mount_over_everything", "refused", "mounted over it", [](const Place& at) { mount_over(at.root); }, true,
     [](const Place& at) { ::umount2(at.root.c_str(), MNT_DETACH); }},
    {"a_file_mounted_over_a_file", "refused", "mounted over it",
     [](const Place& at) { BOOST_REQUIRE(::mount("/etc/passwd", at.file.c_str(), nullptr, MS_BIND, nullptr) == 0); },
     true, [](const Place& at) { ::umount2(at.file.c_str(), MNT_DETACH); }},
    {"the_root_of_all_writable", "repaired", "mode 0777", [](const Place& at) { chmod_to(at.root, 0777); }},
    {"the_parent_writable", "repaired", "lets others write", [](const Place& at) { chmod_to(at.state, 0777); }},
    {"a_parent_of_root_writable", "refused", "lets others write",
     [](const Place& at) { chmod_to(at.state.parent_path(), 0777); }, true},
    {"a_parent_given_away", "refused", "belongs to uid 4711",
     [](const Place& at) { chown_to(at.state, stranger, stranger); }, true},
};

struct Fixture : GuardFixture {
  explicit Fixture(Storage storage = Storage::memory) : GuardFixture(storage) { fs::create_directory(place.elsewhere); }

  void run(const std::function<void()>& as_root) {
    const AsRoot account_of_root;
    as_root();
  }
  // Until the audit trail says so; false: not in time.
  bool told(const std::string& outcome, std::chrono::seconds limit = deadline) {
    const auto begin = std::chrono::steady_clock::now();
    run_until([&] { return !recorded(outcome).empty() || std::chrono::steady_clock::now() - begin > limit; });
    return !recorded(outcome).empty();
  }
  bool told_of(const std::string& found) const {
    return std::ranges::any_of(
        records, [&](const Record& record) { return record.fields.at("found").find(found) != std::string::npos; });
  }

  const Place place{directory.file("state"),
                    root,
                    root + "/web",
                    root + "/web/application",
                    fs::directory_iterator(root + "/web/application/trusted/certs")->path(),
                    directory.file("state/elsewhere")};
};

struct OnDisk : Fixture {
  OnDisk() : Fixture(Storage::disk) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(directory_guard, Fixture)

BOOST_DATA_TEST_CASE_F(Fixture, drift_is_repaired_or_refused_in_two_seconds_and_told, data::make(drifts), drift) {
  if (drift.by_root && !may_be_root()) return;
  run([&] { drift.make(place); });
  const auto begin = std::chrono::steady_clock::now();
  const std::string outcome = drift.outcome;
  BOOST_TEST(told(outcome));
  if (outcome == "repaired") run_until([&] { return intact() || std::chrono::steady_clock::now() - begin > deadline; });
  BOOST_TEST((std::chrono::steady_clock::now() - begin < deadline));
  BOOST_TEST(told_of(drift.found));
  for (const Record& record : records) {
    BOOST_TEST_MESSAGE(record.fields.at("action")
                       << ": " << record.fields.at("path") << ": " << record.fields.at("found")
                       << ", wanted: " << record.fields.at("wanted"));
    BOOST_TEST(record.kind == "directory-drift");
    BOOST_TEST(!record.fields.at("wanted").empty());
  }
  if (outcome == "refused") BOOST_TEST(!recorded("refused").front().fields.at("remedy").empty());
  if (outcome == "repaired") BOOST_TEST(recorded("refused").empty());
  if (drift.undo) run([&] { drift.undo(place); });
}

// Files in memory take this flag since Linux 6.6; how fast the disk of a build is, is nobody's promise.
BOOST_FIXTURE_TEST_CASE(an_immutable_forgery_is_repaired_and_told, OnDisk) {
  if (!may_be_root()) return;
  run([&] {
    forge(place.file);
    set_immutable(place.file, true);
  });
  BOOST_TEST(told("repaired", 1min));
  run_until([&] { return intact(); });
  BOOST_TEST(told_of("other content"));
  BOOST_TEST(recorded("refused").empty());
  run([&] {
    for (const auto& entry : fs::recursive_directory_iterator(place.root))
      if (entry.is_regular_file()) set_immutable(entry.path(), false);
  });
}

BOOST_DATA_TEST_CASE_F(Fixture, an_exchanged_directory_is_looked_into_whatever_stands_in_it,
                       data::make({".", "web", "web/application"}), name) {
  const fs::path copy = place.elsewhere / "copy", exchanged = (place.root / name).lexically_normal();
  fs::copy(place.root, copy, fs::copy_options::recursive);
  fs::remove(copy / fs::relative(place.file, place.root));
  for (const auto* each : {&place.root, &place.application}) {
    const fs::path other = copy / fs::relative(*each, place.root);
    const policy::UniqueFd like(::open(each->c_str(), O_PATH | O_CLOEXEC));
    const auto acl = policy::read_acl(like.get(), *each == place.root ? 0711 : 0750);
    const policy::UniqueFd opened(::open(other.c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_REQUIRE((acl && policy::write_acl(opened.get(), *acl)));
  }
  const fs::path fresh = (copy / name).lexically_normal();
  BOOST_REQUIRE(::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, exchanged.c_str(), RENAME_EXCHANGE) == 0);
  BOOST_TEST(told("repaired"));
  run_until([&] { return intact(); });
  BOOST_TEST(told_of("does not exist"));
}

BOOST_AUTO_TEST_CASE(the_directory_above_gets_the_mode_back_that_it_had) {
  for (const mode_t before : {0711U, 0750U}) {
    run([&] { chmod_to(place.state, before); });
    guard.sweep_all();
    settle();
    records.clear();
    run([&] { chmod_to(place.state, 0777); });
    BOOST_TEST(told("repaired"));
    struct stat status {};
    BOOST_REQUIRE(::stat(place.state.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777U) == before);
  }
}

// What the files say to the accounts of the machine; only root can become them.

BOOST_AUTO_TEST_CASE(D7_no_other_account_changes_what_is_published) {
  if (!may_be_root()) return;
  for (const uid_t other : {reader, stranger})
    for (const auto& entry : fs::recursive_directory_iterator(place.root)) {
      const std::string path = entry.path();
      const auto fails = [&](const std::function<bool()>& action) { return !succeeds_as(other, action); };
      BOOST_TEST(fails([&] { return ::chmod(path.c_str(), 0777) == 0; }), path);
      BOOST_TEST(fails([&] { return ::rename(path.c_str(), (path + "x").c_str()) == 0; }), path);
      if (entry.is_directory()) {
        BOOST_TEST(fails([&] { return ::mkdir((path + "/x").c_str(), 0755) == 0; }), path);
        BOOST_TEST(fails([&] { return ::symlink("/etc/passwd", (path + "/x").c_str()) == 0; }), path);
      } else {
        BOOST_TEST(fails([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC) >= 0; }), path);
        BOOST_TEST(fails([&] { return ::truncate(path.c_str(), 0) == 0; }), path);
        BOOST_TEST(fails([&] { return ::unlink(path.c_str()) == 0; }), path);
      }
    }
  BOOST_TEST(intact());
  BOOST_TEST(records.empty());
}

BOOST_AUTO_TEST_CASE(D8_the_account_of_the_application_reads_what_is_published_and_no_other_does) {
  if (!may_be_root()) return;
  const auto opens = [&] { return ::open(place.file.c_str(), O_RDONLY | O_CLOEXEC) >= 0; };
  BOOST_TEST(succeeds_as(reader, opens));
  BOOST_TEST(!succeeds_as(stranger, opens));
}

BOOST_AUTO_TEST_CASE(D10_mode_owner_acl_and_content_are_each_judged) {
  for (const policy::Fault fault : {policy::Fault::access, policy::Fault::content, policy::Fault::foreign}) {
    if (fault == policy::Fault::access) chmod_to(place.file, 0666);
    if (fault == policy::Fault::content) forge(place.file);
    if (fault == policy::Fault::foreign) write(place.group / "x", "x");
    const auto group = guarded.directories().back();
    const agent::Sweep found = agent::sweep(group, {}, agent::Repair::none);
    BOOST_TEST(std::ranges::any_of(found.judgement.findings,
                                   [&](const policy::Finding& finding) { return finding.fault == fault; }));
  }
}

BOOST_AUTO_TEST_SUITE_END()
