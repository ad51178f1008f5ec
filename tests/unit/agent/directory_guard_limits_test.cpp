// What the guard leaves alone, how often it acts and tells, and what it finds without being told.

#include <linux/fs.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "policy/unique_fd.h"
#include "tests/unit/agent/guard_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using test::AsRoot;
using test::may_be_root;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

void write(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  BOOST_REQUIRE((file << content).flush().good());
}

struct Fixture : test::GuardFixture {
  explicit Fixture(Storage storage = Storage::disk, std::size_t certificates = 2)
      : GuardFixture(storage, certificates) {}

  void run_for(std::chrono::milliseconds time) {
    const auto end = Clock::now() + time;
    run_until([&] { return Clock::now() >= end; });
  }
  void run_until_recorded(const std::string& action, std::size_t number = 1) {
    run_until([&] { return recorded(action).size() >= number; });
  }

  const fs::path group = fs::path(root) / "web/application";
  const fs::path file = fs::directory_iterator(group / "trusted/certs")->path();
};

// Of this thread: how long others have the processor is not what is measured.
std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct LargeGroup : Fixture {
  LargeGroup() : Fixture(Storage::memory, 10'000) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(directory_guard_limits, Fixture)

BOOST_AUTO_TEST_CASE(what_the_agent_publishes_itself_is_no_drift) {
  for (std::uint8_t i = 0; i < 20; ++i) {
    shown.trust_list.trusted_certificates.push_back({std::byte{0xaa}, std::byte{i}});
    publish();
    run_for(20ms);
  }
  settle();
  BOOST_TEST(intact());
  BOOST_TEST(records.empty());
}

BOOST_AUTO_TEST_CASE(a_new_application_and_its_group_are_no_drift) {
  guarded.expect("mail", {"https"});
  agent::PublishedGroup other{.group = "https"};
  publication.prepare("mail", {}, other).exchange();
  run_for(200ms);
  guarded.published("mail", {}, other);
  run_until([&] { return guarded.directories().size() == 6 && guard.idle(); });
  BOOST_TEST(records.empty());
  publication.remove("mail");
  guarded.removed("mail");
  run_until([&] { return guard.idle(); });
  BOOST_TEST(records.empty());
}

BOOST_AUTO_TEST_CASE(a_change_of_the_readers_is_no_drift) {
  publication.prepare("web", {{1}, {}}, shown).exchange();
  guarded.published("web", {{1}, {}}, shown);
  settle();
  BOOST_TEST(intact());
  BOOST_TEST(records.empty());
}

BOOST_AUTO_TEST_CASE(ten_thousand_changes_are_repaired_once_a_second_and_told_in_few_words) {
  for (int i = 0; i < 10'000; ++i) write(group / "trusted/certs" / ("x" + std::to_string(i)), "x");
  run_until_recorded("repaired");
  settle();
  BOOST_TEST(intact());
  BOOST_TEST(restored <= 2);
  BOOST_TEST(records.size() <= 33u);
  BOOST_TEST(std::ranges::any_of(records, [](const Record& record) {
    return record.fields.at("found").find("more findings") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(a_storm_that_lasts_costs_one_repair_a_second) {
  std::jthread storm([this](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      std::ofstream(group / "trusted/certs" / ("x" + std::to_string(i))) << "x";
      std::this_thread::yield();
    }
  });
  const auto begin = Clock::now();
  run_for(3s);
  run_until([&] { return restored >= 2; });
  storm.request_stop();
  storm.join();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin).count();
  BOOST_TEST(restored <= seconds + 2);
  BOOST_TEST(records.size() <= 40u);
  run_until([&] { return intact(); });
}

// The attacker exchanges a directory and a link to his own as fast as he can.
BOOST_AUTO_TEST_CASE(D10_a_link_swapped_in_a_race_leads_nowhere) {
  const fs::path outside = directory.path() / "state/outside", trusted = group / "trusted";
  fs::create_directories(outside / "certs");
  write(outside / "certs/victim", "untouched");
  fs::permissions(outside / "certs/victim", fs::perms(0600));
  fs::create_directory_symlink(outside, directory.path() / "state/link");
  const std::string link = directory.path() / "state/link", target = trusted;
  std::jthread attacker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) ::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE);
  });
  run_for(3s);
  attacker.request_stop();
  attacker.join();
  const auto stopped = Clock::now();
  run_until([&] { return intact(); });
  BOOST_TEST_MESSAGE(
      "intact after " << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - stopped).count()
                      << " ms");
  settle();
  struct stat status {};
  BOOST_REQUIRE(::stat((outside / "certs/victim").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 0600u);
  BOOST_TEST(fs::file_size(outside / "certs/victim") == 9u);
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_told_once_until_it_changes_and_when_it_is_over) {
  const fs::path above = fs::path(root).parent_path().parent_path();
  if (!may_be_root()) return;
  const auto give = [&](mode_t mode) {
    const AsRoot root_account;
    BOOST_REQUIRE(::chmod(above.c_str(), mode) == 0);
  };
  give(0777);
  run_until_recorded("refused");
  for (int i = 0; i < 3; ++i) {
    guard.sweep_all();
    run_until([&] { return guard.idle(); });
  }
  BOOST_TEST(recorded("refused").size() == 1u);
  BOOST_TEST(guard.standing().size() == 1u);
  give(0757);
  run_until_recorded("refused", 2);
  give(0755);
  run_until([&] { return guard.standing().empty(); });
  BOOST_TEST(recorded("resolved").back().fields.at("path") == above.string());
  give(0777);
  run_until_recorded("refused", 3);
  give(0755);
}

BOOST_AUTO_TEST_CASE(what_stood_under_a_mount_is_looked_at_when_it_is_gone) {
  if (!may_be_root()) return;
  const std::string place = group;
  {
    const AsRoot root_account;
    BOOST_REQUIRE(::mount("tmpfs", place.c_str(), "tmpfs", 0, nullptr) == 0);
  }
  run_until_recorded("refused");
  BOOST_TEST(restored == 0);
  {
    const AsRoot root_account;
    BOOST_REQUIRE(::umount2(place.c_str(), MNT_DETACH) == 0);
  }
  run_until_recorded("resolved");
  BOOST_TEST(intact());
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written_is_refused_and_tried_again) {
  refuse_to_publish = true;
  fs::remove(file);
  run_until_recorded("refused");
  BOOST_TEST(recorded("refused").front().fields.at("reason") == "the disk is full");
  BOOST_TEST(!intact());
  refuse_to_publish = false;
  guard.sweep_all();
  run_until([&] { return intact(); });
  BOOST_TEST(recorded("refused").size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_not_told_again_because_something_else_is_published) {
  if (!may_be_root()) return;
  const std::string place = group;
  {
    const AsRoot root_account;
    BOOST_REQUIRE(::mount("tmpfs", place.c_str(), "tmpfs", 0, nullptr) == 0);
  }
  run_until_recorded("refused");
  guarded.published("web", {{33}, {44}}, shown);
  run_until([&] { return guarded.directories().size() == 4 && guard.idle(); });
  BOOST_TEST(recorded("refused").size() == 1u);
  const AsRoot root_account;
  ::umount2(place.c_str(), MNT_DETACH);
}

// A shared mapping is written without any event.
BOOST_AUTO_TEST_CASE(a_sweep_finds_what_no_watch_can_tell) {
  {
    const policy::UniqueFd opened(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    void* mapped = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0);
    BOOST_REQUIRE(mapped != MAP_FAILED);
    *static_cast<char*>(mapped) = '\x7f';
    ::munmap(mapped, 1);
  }
  run_until([&] { return guard.idle(); });
  guard.sweep_all();
  run_until_recorded("repaired");
  run_until([&] { return intact(); });
}

BOOST_AUTO_TEST_CASE(names_that_no_terminal_and_no_bus_takes_are_told_in_plain_characters) {
  write(group / "a\n\x1b[2J\xff", "x");
  write(fs::path(root) / "web/b\n\xff", "x");
  run_until([&] { return recorded("repaired").size() >= 2 && intact(); });
  for (const Record& record : records)
    BOOST_TEST((record.fields.at("path").ends_with("/a\\x0a\\x1b[2J\\xff") ||
                record.fields.at("path").ends_with("/b\\x0a\\xff")));
}

BOOST_AUTO_TEST_CASE(it_goes_while_it_looks) {
  guard.sweep_all();
  run_for(60ms);
}

BOOST_FIXTURE_TEST_CASE(ten_thousand_files_are_looked_at_without_stopping_the_loop, LargeGroup) {
  const auto start = Clock::now();
  auto last = processor_time();
  std::chrono::nanoseconds longest{0};
  guard.sweep_all();
  run_until([&] {
    longest = std::max(longest, processor_time() - last);
    last = processor_time();
    return guard.idle();
  });
  BOOST_TEST_MESSAGE(
      "looked at in " << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count() << " ms");
  BOOST_TEST_MESSAGE("longest pause " << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count()
                                      << " ms");
  BOOST_TEST((longest < 1s));  // with sanitizers, too
  BOOST_TEST(records.empty());
  const auto begin = Clock::now();
  fs::remove(group / "trusted/certs" / fs::directory_iterator(group / "trusted/certs")->path());
  run_until_recorded("repaired");
  BOOST_TEST_MESSAGE(
      "repaired after " << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count()
                        << " ms");
}

BOOST_AUTO_TEST_SUITE_END()
