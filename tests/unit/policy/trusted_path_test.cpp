#include "policy/trusted_path.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/acl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <type_traits>

#include "policy/error.h"
#include "tests/unit/policy/tree.h"

using edgeseal::policy::Error;
using edgeseal::policy::open_trusted_directory;
using edgeseal::policy::open_trusted_file;
using edgeseal::policy::read_trusted_file;
using edgeseal::policy::UniqueFd;
namespace data = boost::unit_test::data;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
constexpr uid_t stranger = 4711;

bool is_root() {
  return ::geteuid() == 0;
}

// What the call says against the path; "" where it accepts it.
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string refusal_of_file(const std::string& path, uid_t owner = ::geteuid()) {
  return refusal([&] { (void)open_trusted_file(path, owner); });
}

std::string refusal_of_directory(const std::string& path, uid_t owner = ::geteuid()) {
  return refusal([&] { (void)open_trusted_directory(path, owner); });
}

std::string read_file(const std::string& path, std::size_t limit = no_limit) {
  return read_trusted_file(path, ::geteuid(), limit);
}

// Access rights do not bind root: what is about them runs as an account without privileges.
class Unprivileged {
 public:
  Unprivileged() {
    if (was_root_) BOOST_REQUIRE(::seteuid(65534) == 0);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_ = is_root();
};

void set_acl(const std::string& path, const char* text) {
  const std::unique_ptr<std::remove_pointer_t<acl_t>, int (*)(void*)> acl(::acl_from_text(text), ::acl_free);
  BOOST_REQUIRE(acl);
  BOOST_REQUIRE_MESSAGE(::acl_set_file(path.c_str(), ACL_TYPE_ACCESS, acl.get()) == 0, std::strerror(errno));
}

struct Fixture {
  Tree tree;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trusted_path, Fixture)

BOOST_AUTO_TEST_CASE(a_file_that_only_its_owner_can_write_is_read) {
  tree.directory("etc");
  BOOST_TEST(read_file(tree.file("etc/edgeseal.toml", "[tpm]\n")) == "[tpm]\n");
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_read) {
  BOOST_TEST(read_file(tree.file("empty", "")) == "");
}

BOOST_AUTO_TEST_CASE(a_file_of_root_is_accepted_for_every_owner) {
  BOOST_TEST(refusal_of_file("/etc/passwd", stranger) == "");
  BOOST_TEST(refusal_of_directory("/etc", stranger) == "");
  BOOST_TEST(refusal_of_directory("/", stranger) == "");
}

BOOST_AUTO_TEST_CASE(a_file_without_a_size_is_read_to_its_end) {
  BOOST_TEST(read_file("/proc/version").find("Linux") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(slashes_may_be_repeated) {
  tree.directory("etc");
  tree.file("etc/conf", "x");
  BOOST_TEST(read_file(tree.path("") + "//etc///conf") == "x");
}

BOOST_AUTO_TEST_CASE(the_descriptor_is_closed_on_exec_and_open_for_reading_only) {
  const UniqueFd file = open_trusted_file(tree.file("conf", "x"), ::geteuid());
  BOOST_TEST((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
  BOOST_TEST((::fcntl(file.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
}

BOOST_AUTO_TEST_CASE(a_directory_can_be_listed) {
  tree.directory("applications.d");
  tree.file("applications.d/web.toml", "");
  const UniqueFd directory = open_trusted_directory(tree.path("applications.d"), ::geteuid());
  BOOST_TEST(std::filesystem::exists("/proc/self/fd/" + std::to_string(directory.get()) + "/web.toml"));
}

struct ModeCase {
  mode_t mode;
  const char* problem;
};
std::ostream& operator<<(std::ostream& out, const ModeCase& value) {
  return out << std::oct << value.mode << std::dec;
}

const ModeCase writable_modes[] = {{0777, "mode 0777 lets others write; remedy: chmod go-w "},
                                   {0775, "mode 0775 lets its group write; remedy: chmod g-w "},
                                   {0757, "mode 0757 lets others write; remedy: chmod o-w "},
                                   {01777, "mode 1777 lets others write; remedy: chmod go-w "}};

BOOST_DATA_TEST_CASE(a_file_that_others_can_write_is_refused, data::make(writable_modes), c) {
  const std::string file = tree.file("conf", "x", c.mode);
  BOOST_TEST(refusal_of_file(file) == file + ": " + c.problem + file);
}

BOOST_DATA_TEST_CASE(a_directory_that_others_can_write_is_refused, data::make(writable_modes), c) {
  const std::string directory = tree.directory("conf.d", c.mode);
  BOOST_TEST(refusal_of_directory(directory) == directory + ": " + c.problem + directory);
}

BOOST_AUTO_TEST_CASE(a_writable_directory_on_the_way_is_the_one_that_is_named) {
  const std::string etc = tree.directory("etc");
  tree.directory("etc/edgeseal");
  const std::string file = tree.file("etc/edgeseal/conf", "x");
  tree.mode("etc", 0777);
  BOOST_TEST(refusal_of_file(file) == etc + ": mode 0777 lets others write; remedy: chmod go-w " + etc);
}

BOOST_AUTO_TEST_CASE(the_command_of_a_remedy_is_quoted_for_the_shell) {
  const std::string file = tree.file("it's a file", "x", 0666);
  BOOST_TEST(refusal_of_file(file).find("chmod go-w '" + tree.path("it'\\''s a file'")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_sticky_directory_of_root_passes_on_the_way_but_not_as_the_goal) {
  BOOST_TEST(refusal_of_file(tree.file("conf", "x")) == "");  // below /tmp
  BOOST_TEST(refusal_of_directory("/tmp") == "/tmp: mode 1777 lets others write; remedy: chmod go-w /tmp");
}

BOOST_AUTO_TEST_CASE(a_sticky_directory_of_another_account_is_refused) {
  const std::string directory = tree.directory("spool", 01777);
  const std::string file = tree.file("spool/conf", "x");
  const uid_t owner = is_root() ? stranger : ::geteuid();
  BOOST_REQUIRE(::chown(directory.c_str(), owner, ::getegid()) == 0);
  tree.mode("spool", 01777);
  BOOST_TEST(refusal_of_file(file, owner).starts_with(directory + ": mode 1777 lets others write"));
}

BOOST_AUTO_TEST_CASE(an_acl_that_lets_another_account_write_is_refused) {
  const std::string file = tree.file("conf", "x");
  set_acl(file, "u::rw-,u:65534:rw-,g::r--,m::rw-,o::r--");
  BOOST_TEST(refusal_of_file(file) == file + ": mode 0664 lets its group write; remedy: chmod g-w " + file);
  tree.mode("conf", 0644);  // the remedy: it narrows the mask
  BOOST_TEST(refusal_of_file(file) == "");
}

BOOST_AUTO_TEST_CASE(an_acl_that_lets_another_account_read_is_accepted) {
  const std::string file = tree.file("conf", "x", 0640);
  set_acl(file, "u::rw-,u:65534:r--,g::r--,m::r--,o::---");
  BOOST_TEST(refusal_of_file(file) == "");
}

BOOST_AUTO_TEST_CASE(a_file_of_another_account_is_refused) {
  const std::string file = tree.file("conf", "x");
  if (is_root()) BOOST_REQUIRE(::chown(file.c_str(), stranger, 0) == 0);
  const std::string fault = is_root() ? file : tree.path("");
  const std::string found = refusal_of_file(file, stranger + 1);
  BOOST_TEST(found.starts_with(fault + ": belongs to "));
  BOOST_TEST(found.ends_with(" and not to root or uid 4712; remedy: chown root " + fault));
}

BOOST_AUTO_TEST_CASE(a_directory_of_another_account_on_the_way_is_refused) {
  const std::string directory = tree.directory("etc");
  const std::string file = tree.file("etc/conf", "x");
  if (is_root()) BOOST_REQUIRE(::chown(directory.c_str(), stranger, 0) == 0);
  const std::string fault = is_root() ? directory : tree.path("");
  BOOST_TEST(refusal_of_file(file, stranger + 1).starts_with(fault + ": belongs to "));
}

BOOST_AUTO_TEST_CASE(a_file_of_the_named_owner_is_accepted) {
  const std::string file = tree.file("conf", "x");
  const uid_t owner = is_root() ? stranger : ::geteuid();
  BOOST_REQUIRE(::chown(file.c_str(), owner, ::getegid()) == 0);
  BOOST_TEST(refusal_of_file(file, owner) == "");
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_at_the_end_is_refused) {
  const std::string link = tree.link("conf", tree.file("real", "x"));
  BOOST_TEST(refusal_of_file(link).starts_with(link + ": is a symbolic link"));
  BOOST_TEST(refusal_of_directory(link).starts_with(link + ": is a symbolic link"));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_in_the_middle_is_refused) {
  const std::string real = tree.directory("real");
  tree.file("real/conf", "x");
  const std::string link = tree.link("etc", real);
  BOOST_TEST(refusal_of_file(link + "/conf").starts_with(link + ": is a symbolic link"));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_of_the_proc_file_system_is_refused) {
  BOOST_TEST(refusal_of_directory("/proc/self/fd").starts_with("/proc/self: is a symbolic link"));
}

BOOST_AUTO_TEST_CASE(a_fifo_is_refused_without_waiting_for_its_other_end) {
  const std::string fifo = tree.path("fifo");
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0644) == 0);
  BOOST_TEST(refusal_of_file(fifo) == fifo + ": is a FIFO where a regular file is expected");
}

BOOST_AUTO_TEST_CASE(a_socket_is_refused) {
  const std::string path = tree.path("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BOOST_TEST(refusal_of_file(path) == path + ": is a socket where a regular file is expected");
}

BOOST_AUTO_TEST_CASE(a_device_is_refused) {
  BOOST_TEST(refusal_of_file("/dev/null") == "/dev/null: is a device where a regular file is expected");
}

BOOST_AUTO_TEST_CASE(a_directory_is_no_file_and_a_file_no_directory) {
  const std::string directory = tree.directory("etc");
  const std::string file = tree.file("conf", "x");
  BOOST_TEST(refusal_of_file(directory) == directory + ": is a directory where a regular file is expected");
  BOOST_TEST(refusal_of_directory(file) == file + ": is a regular file where a directory is expected");
  BOOST_TEST(refusal_of_file(file + "/x") == file + ": is a regular file where a directory is expected");
  BOOST_TEST(refusal_of_file("/") == "/: is a directory where a regular file is expected");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
  BOOST_TEST(refusal_of_file(tree.path("no/conf")) == tree.path("no") + ": does not exist");
  tree.directory("etc");
  BOOST_TEST(refusal_of_file(tree.path("etc/conf")) == tree.path("etc/conf") + ": does not exist");
}

BOOST_DATA_TEST_CASE(paths_that_are_not_absolute_are_refused, data::make({"", "etc/passwd", "./etc/passwd", "~/conf"}),
                     path) {
  BOOST_TEST(refusal_of_file(path) ==
             std::string(path) + ": is not an absolute path; write it from the root directory on");
}

BOOST_DATA_TEST_CASE(paths_with_dots_are_refused,
                     data::make({"/etc/../etc/passwd", "/etc/./passwd", "/..", "/etc/passwd/."}), path) {
  BOOST_TEST(refusal_of_file(path).find("the path contains \".") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_that_begin_with_dots_are_accepted) {
  BOOST_TEST(read_file(tree.file("..conf", "x")) == "x");
}

BOOST_AUTO_TEST_CASE(a_zero_byte_does_not_hide_the_rest_of_a_path) {
  BOOST_CHECK_THROW((void)open_trusted_file(std::string_view("/etc/passwd\0x", 13), ::geteuid()), Error);
}

BOOST_AUTO_TEST_CASE(a_path_that_is_too_long_is_refused) {
  BOOST_TEST(refusal_of_file("/" + std::string(5000, '/')).find("longer than 4095 bytes") != std::string::npos);
  BOOST_TEST(refusal_of_file(tree.path(std::string(300, 'a'))).find("name too long") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_is_read_up_to_its_limit_and_refused_beyond) {
  const std::string content(10000, 'x');
  const std::string file = tree.file("conf", content);
  BOOST_TEST(read_file(file, content.size()) == content);
  const auto read_with_less = [&] { (void)read_file(file, content.size() - 1); };
  BOOST_TEST(refusal(read_with_less) == file + ": is longer than 9999 bytes, the limit for this file");
}

BOOST_AUTO_TEST_CASE(a_file_that_the_caller_may_not_read_is_named) {
  const std::string file = tree.file("conf", "x", 0000);
  const uid_t owner = ::geteuid();
  const Unprivileged unprivileged;
  const std::string found = refusal_of_file(file, owner);
  BOOST_TEST(found.starts_with(file + ": "));
  BOOST_TEST(found.ends_with(" may not read it; remedy: chmod a+rX " + file));
}

BOOST_AUTO_TEST_CASE(a_directory_that_the_caller_may_not_enter_is_named) {
  const std::string directory = tree.directory("etc");
  const std::string file = tree.file("etc/conf", "x");
  tree.mode("etc", 0600);
  const std::string found = [&, owner = ::geteuid()] {
    const Unprivileged unprivileged;
    return refusal_of_file(file, owner);
  }();
  tree.mode("etc", 0700);  // to be removed by an account without privileges
  BOOST_TEST(found.starts_with(directory + ": "));
  BOOST_TEST(found.ends_with(" may not enter it; remedy: chmod a+x " + directory));
}

BOOST_AUTO_TEST_CASE(a_directory_that_may_be_entered_but_not_listed_lets_a_file_be_read) {
  tree.directory("etc");
  const std::string file = tree.file("etc/conf", "x");
  tree.mode("etc", 0711);
  const uid_t owner = ::geteuid();
  const Unprivileged unprivileged;
  BOOST_TEST(read_trusted_file(file, owner, no_limit) == "x");
}

BOOST_AUTO_TEST_CASE(refusals_leave_no_descriptor_open) {
  const std::string file = tree.file("conf", "x", 0666);
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
  };
  const auto before = open_descriptors();
  BOOST_TEST(refusal_of_file(file) != "");
  BOOST_TEST(refusal_of_file(tree.path("missing")) != "");
  BOOST_TEST(open_descriptors() == before);
}

// The race: a thread exchanges a trusted entry with one that another could have written, again and again. Whatever the
// moment, the content of the untrusted one is never returned.
struct Race {
  const char* name;
  const char* exchanged;  // with "evil"
  std::function<void(Tree&)> make_evil;
};
std::ostream& operator<<(std::ostream& out, const Race& race) {
  return out << race.name;
}

const Race races[] = {
    {"writable directory", "etc",
     [](Tree& tree) {
       tree.directory("evil");
       tree.file("evil/conf", "evil");
       tree.mode("evil", 0777);
     }},
    {"link to a directory", "etc",
     [](Tree& tree) {
       tree.directory("target");
       tree.file("target/conf", "evil");
       tree.link("evil", "target");
     }},
    {"writable file", "etc/conf", [](Tree& tree) { tree.file("evil", "evil", 0666); }},
    {"link to a file", "etc/conf",
     [](Tree& tree) {
       tree.file("target", "evil");
       tree.link("evil", "../target");
     }},
    {"FIFO", "etc/conf", [](Tree& tree) { BOOST_REQUIRE(::mkfifo(tree.path("evil").c_str(), 0644) == 0); }}};

BOOST_DATA_TEST_CASE(an_entry_exchanged_in_the_meantime_never_gets_through, data::make(races), race) {
  tree.directory("etc");
  const std::string file = tree.file("etc/conf", "good");
  race.make_evil(tree);
  const std::jthread exchanger([&, good = tree.path(race.exchanged), evil = tree.path("evil")](std::stop_token stop) {
    while (!stop.stop_requested()) ::renameat2(AT_FDCWD, good.c_str(), AT_FDCWD, evil.c_str(), RENAME_EXCHANGE);
  });
  int accepted = 0;
  int refused = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while ((accepted < 1000 || refused < 1000) && std::chrono::steady_clock::now() < deadline) {
    try {
      BOOST_REQUIRE_EQUAL(read_file(file), "good");
      ++accepted;
    } catch (const Error&) {
      ++refused;
    }
  }
  BOOST_TEST(accepted >= 1000);
  BOOST_TEST(refused >= 1000);
}

BOOST_AUTO_TEST_SUITE_END()
