// Programs that somebody wrote for us: how they are run, and what they cannot do.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

#include "enroll/error.h"
#include "enroll/helper/program.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/wait_until.h"

namespace {

using namespace edgeseal::enroll;
using helper::ProgramEnd;
using helper::ProgramLimits;
namespace fs = std::filesystem;

struct Programs {
  edgeseal::test::TemporaryDirectory temporary;
  const fs::path directory = temporary.path();
  std::stop_source stop;

  [[nodiscard]] fs::path script(const std::string& lines) const {
    const fs::path path = directory / "program";
    std::ofstream(path) << "#!/bin/bash\n" << lines << "\n";
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  [[nodiscard]] ProgramEnd run(const std::string& lines, const std::string& input = "",
                               ProgramLimits limits = {}) const {
    return helper::run_program(script(lines), bytes_of(input), limits, {});
  }

  [[nodiscard]] std::string problem(const std::string& path, ProgramLimits limits = {}) const {
    try {
      (void)helper::run_program(path, {}, limits, stop.get_token());
      return "nothing";
    } catch (const Error& error) {
      return std::string(name_of(error.error_class()));
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(helper_program, Programs)

BOOST_AUTO_TEST_CASE(it_reads_to_the_end_and_answers) {
  const std::string much(1'000'000, 'x');
  const ProgramEnd end = run("wc -c; exit 5", much);
  BOOST_TEST(end.exit_status == 5);
  BOOST_TEST(text_of(end.output) == "1000000\n");
}

BOOST_AUTO_TEST_CASE(it_need_not_listen) {
  BOOST_TEST(run("exec <&-; echo done", std::string(1'000'000, 'x')).exit_status == 0);
}

BOOST_AUTO_TEST_CASE(it_has_an_environment_and_descriptors_of_its_own) {
  ::setenv("EDGESEAL_TEST_SECRET", "1", 1);
  const ProgramEnd end =
      run("env | cut -d= -f1 | sort | tr '\\n' ' '; pwd\n"
          "for number in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$number ] || echo leaked; done");
  const std::string output(text_of(end.output));
  BOOST_TEST(output.find("EDGESEAL") == std::string::npos);
  BOOST_TEST(output.find("HOME") == std::string::npos);
  BOOST_TEST(output.ends_with(" /\n"));
}

BOOST_AUTO_TEST_CASE(it_has_only_so_much_time_and_to_say) {
  ProgramLimits limits;
  limits.time = std::chrono::milliseconds(300);
  BOOST_TEST(problem(script("exec sleep 1000"), limits) == "transport");
  BOOST_TEST(problem(script("yes")) == "transport");
  BOOST_TEST(problem(script("kill -SEGV $$")) == "transport");
}

BOOST_AUTO_TEST_CASE(it_ends_when_it_is_told_to) {
  const fs::path sign = directory / "began";
  const std::jthread stopper([&] {
    edgeseal::test::wait_until("the start of the program", [&] { return fs::exists(sign); });
    stop.request_stop();
  });
  BOOST_TEST(problem(script("touch '" + sign.string() + "'; exec sleep 1000")) == "cancelled");
}

// A pipe that they hold open ends when the last of them has.
BOOST_AUTO_TEST_CASE(its_children_end_with_it) {
  const fs::path pipe = directory / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  pollfd reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), POLLIN, 0};
  BOOST_TEST(run("exec 9>'" + pipe.string() + "'; sleep 1000 </dev/null >/dev/null 2>&1 &").exit_status == 0);
  BOOST_TEST(::poll(&reader, 1, 60'000) == 1);
  BOOST_TEST((reader.revents & POLLHUP) != 0);
  ::close(reader.fd);
}

BOOST_AUTO_TEST_CASE(what_others_may_replace_is_not_run) {
  const fs::path path = script("exit 0");
  BOOST_TEST(problem(path) == "nothing");
  fs::permissions(path, fs::perms::group_write, fs::perm_options::add);
  BOOST_TEST(problem(path) == "policy");
  fs::permissions(path, fs::perms::owner_all);
  fs::permissions(directory, fs::perms::others_write, fs::perm_options::add);
  BOOST_TEST(problem(path) == "policy");
  fs::permissions(directory, fs::perms::owner_all);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  BOOST_TEST(problem(path) == "policy");
  BOOST_TEST(problem("program") == "policy");
  BOOST_TEST(problem(directory / "none") == "policy");
  BOOST_TEST(problem(directory) == "policy");
}

BOOST_AUTO_TEST_CASE(what_others_may_replace_on_the_way_of_a_link_is_not_run) {
  const fs::path target = directory / "target", on_the_way = directory / "on the way", link = directory / "link";
  for (const fs::path& place : {target, on_the_way}) {
    fs::create_directory(place);
    fs::permissions(place, fs::perms::owner_all);
  }
  fs::rename(script("exit 0"), target / "program");
  fs::create_symlink("../target/program", on_the_way / "link");
  fs::create_symlink(on_the_way / "link", link);
  BOOST_TEST(problem(link) == "nothing");
  for (const fs::path& place : {target, on_the_way, target / "program"}) {
    fs::permissions(place, fs::perms::others_write, fs::perm_options::add);
    BOOST_TEST_CONTEXT(place) BOOST_TEST(problem(link) == "policy");
    fs::permissions(place, fs::perms::owner_all);
  }
  fs::remove(on_the_way / "link");
  fs::create_symlink("link", on_the_way / "link");
  BOOST_TEST(problem(link) == "policy");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
