// edgesealctl inhibit and inhibitors against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "tests/bus/ctl_fixture.h"

namespace edgeseal::test {
namespace {

struct Fixture : CtlFixture {
  std::vector<dbus::InhibitorInfo> taken() {
    return service.in_loop([](auto& ports, auto&) { return ports.busy.held; });
  }
  [[nodiscard]] ProgramResult inhibit(std::vector<std::string> command) const {
    command.insert(command.begin(), {"inhibit", "--who", "plc", "--why", "a batch runs"});
    return ctl(std::move(command));
  }
  // The script has `ctl` for edgesealctl, and a directory of its own.
  [[nodiscard]] ProgramResult shell(const std::string& script) const {
    return run_program({"bash", "-c", "ctl='" EDGESEALCTL "'; cd '" + bus.directory().string() + "'; " + script},
                       bus.directory());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_busy, Fixture)

BOOST_AUTO_TEST_CASE(a_command_runs_with_its_own_arguments_and_output) {
  const auto result = inhibit({"echo", "--json", "-n", "a b", "--"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out == "--json -n a b --\n");
  BOOST_REQUIRE(taken().size() == 1u);
  BOOST_TEST(taken()[0].who == "plc");
  BOOST_TEST(taken()[0].why == "a batch runs");
}

BOOST_AUTO_TEST_CASE(the_standard_input_is_that_of_the_command) {
  BOOST_TEST(ctl({"inhibit", "--why", "x", "cat"}, "to be read").out == "to be read");
}

BOOST_AUTO_TEST_CASE(the_name_of_the_command_is_who_where_nobody_is_named) {
  BOOST_TEST(ctl({"inhibit", "--why", "x", "/bin/true"}).status == 0);
  BOOST_TEST(taken().at(0).who == "true");
}

BOOST_AUTO_TEST_CASE(the_exit_status_is_that_of_the_command) {
  BOOST_TEST(inhibit({"sh", "-c", "exit 7"}).status == 7);
  BOOST_TEST(inhibit({"--", "sh", "-c", "exit 255"}).status == 255);
}

BOOST_AUTO_TEST_CASE(the_signal_that_ends_the_command_ends_it_too) {
  BOOST_TEST(inhibit({"sh", "-c", "kill -TERM $$"}).status == 128 + SIGTERM);
  BOOST_TEST(inhibit({"sh", "-c", "kill -KILL $$"}).status == 128 + SIGKILL);
}

BOOST_AUTO_TEST_CASE(signals_are_passed_on) {
  const auto result = shell(R"(mkfifo ready
    "$ctl" inhibit --why x -- bash -c 'trap "kill %1; exit 7" USR1; sleep 1000 & echo >ready; wait' &
    process=$!
    read -r <ready
    kill -USR1 $process
    wait $process)");
  BOOST_TEST(result.status == 7, result.err);
}

BOOST_AUTO_TEST_CASE(signals_that_were_blocked_or_ignored_stay_so_and_no_other) {
  const auto of = [&](const std::string& before) {
    return shell(before + " grep -E '^Sig(Blk|Ign)' /proc/self/status").out;
  };
  BOOST_TEST(of("\"$ctl\" inhibit --why x") == of(""));
  BOOST_TEST(of("trap '' HUP; \"$ctl\" inhibit --why x") == of("trap '' HUP;"));
}

BOOST_AUTO_TEST_CASE(the_command_has_no_descriptor_more_than_without_it) {
  const auto without = shell("ls /proc/self/fd");
  BOOST_TEST(shell("\"$ctl\" inhibit --why x ls /proc/self/fd").out == without.out);
  BOOST_TEST(has(without.out, "2\n"));
}

BOOST_AUTO_TEST_CASE(a_command_that_cannot_be_run_is_told_as_by_env) {
  const auto unknown = inhibit({"no-such-command"});
  BOOST_TEST(unknown.status == 127);
  BOOST_TEST(has(unknown.err, "cannot run no-such-command: No such file"));
  BOOST_TEST(inhibit({"/"}).status == 126);
}

BOOST_AUTO_TEST_CASE(without_command_or_reason_it_is_wrong_usage) {
  BOOST_TEST(inhibit({}).status == 2);
  BOOST_TEST(ctl({"inhibit", "--who", "x", "true"}).status == 2);
  BOOST_TEST(taken().empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_run_where_the_agent_refuses) {
  change([](auto& ports) { ports.busy.most = 0; });
  const auto result = inhibit({"echo", "ran"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(result.out == "");
  BOOST_TEST(has(result.err, "TooManyOperations"));
}

BOOST_AUTO_TEST_CASE(H7_a_refused_change_says_who_is_busy) {
  change([](auto& ports) { ports.busy.held = {{"plc", "a batch runs", 0, 1, "", 1}}; });
  const auto result = ctl({"application", "create", "new"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "busy: plc: a batch runs"));
  BOOST_TEST(ctl({"application", "list"}).status == 0);
}

BOOST_AUTO_TEST_CASE(inhibitors_are_listed) {
  BOOST_TEST(ctl({"inhibitors"}).out == "Nobody inhibits changes.\n");
  change([](auto& ports) {
    ports.busy.held = {{"plc", "a batch runs", 0, 42, "plc.service", 1'000'000}, {"lab", "x", 4711, 43, "", 2'000'000}};
    ports.busy.contact = true;
  });
  const auto result = ctl({"inhibitors"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "WHO  WHY"));
  BOOST_TEST(has(result.out, "plc  a batch runs  root     42   plc.service  1970-01-01T00:00:01Z\n"));
  BOOST_TEST(has(result.out, "lab  x             4711     43   -"));
  BOOST_TEST(has(result.out, "waits to be contacted"));
  const auto json = ctl_json({"inhibitors"});
  BOOST_TEST(json.at("contact-pending").get<bool>());
  BOOST_TEST(json.at("inhibitors").at(0).at("who") == "plc");
  BOOST_TEST(json.at("inhibitors").at(1).at("uid") == 4711);
  BOOST_TEST(json.at("inhibitors").at(1).at("unit") == "");
}

BOOST_AUTO_TEST_CASE(the_status_says_who_is_busy) {
  BOOST_TEST(!has(ctl({"status"}).out, "Busy"));
  change([](auto& ports) { ports.busy.held = {{"plc", "a batch runs", 0, 42, "", 1}}; });
  const auto result = ctl({"status"});
  BOOST_TEST(has(result.out, "Busy"));
  BOOST_TEST(has(result.out, "plc: a batch runs"));
  BOOST_TEST(ctl_json({"status"}).at("inhibitors").at(0) == "plc: a batch runs");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
