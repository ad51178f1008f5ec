// edgesealctl config and application access against the service on a private bus; the check against edgeseald itself.

#include <stdlib.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/bus/ctl_fixture.h"
#include "tests/bus/fake_systemd.h"
#include "tests/bus/terminal.h"

namespace edgeseal::test {
namespace {

struct Fixture : CtlFixture {
  Fixture() {
    ::setenv("EDGESEALD", EDGESEALD, 1);
    ::umask(0022);
  }
  // In a configuration of its own.
  std::string configuration(const std::string& name, const std::string& content) const {
    const auto path = bus.directory() / "etc" / name;
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::permissions(bus.directory() / "etc", std::filesystem::perms(0755));
    std::ofstream(path) << content;
    return path;
  }
  void declare(std::vector<dbus::ConfigurationChange> changes) {
    change([&](auto& ports) { ports.configuration.changes = std::move(changes); });
  }
  std::size_t applied() {
    return service.in_loop([](auto& ports, auto&) { return ports.configuration.applied_by.size(); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edgesealctl_config, Fixture)

BOOST_AUTO_TEST_CASE(check_tells_all_mistakes_with_their_lines_and_needs_no_agent) {
  const std::string main = configuration("edgeseal.toml", "[tpm]\nctti = 1\n");
  const std::string web = configuration("applications.d/web.toml", "slot = []\n");
  const auto result = ctl({"config", "check", bus.directory() / "etc"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(result.err == "");
  BOOST_TEST(has(result.out, main + ":2: unknown key \"ctti\"; did you mean \"tcti\"?"));
  BOOST_TEST(has(result.out, web + ":1: unknown key \"slot\"; did you mean \"slots\"?"));
  const auto alone = ctl({"config", "check", web, "--json"});
  BOOST_TEST(alone.status == 1);
  const auto value = nlohmann::json::parse(alone.out);
  BOOST_TEST(value["good"] == false);
  BOOST_TEST(value["problems"][0]["line"] == 1);
  BOOST_TEST(value["problems"][0]["severity"] == "error");
}

BOOST_AUTO_TEST_CASE(a_good_configuration_and_one_with_warnings_alone_end_well) {
  configuration("edgeseal/applications.d/web.toml", "account = \"nobody-there\"\n");
  const auto image = ctl({"config", "check", "--root", bus.directory()});
  BOOST_TEST(image.status == 0);
  BOOST_TEST(has(image.out, "there is no user \"nobody-there\""));
  BOOST_TEST(has(image.out, "(warning)"));
  configuration("edgeseal/applications.d/web.toml", "");
  BOOST_TEST(ctl({"config", "check", "--root", bus.directory()}).out == "The configuration is good.\n");
}

BOOST_AUTO_TEST_CASE(without_the_parser_it_is_said_what_is_missing) {
  ::setenv("EDGESEALD", "/nowhere/edgeseald", 1);
  const auto result = ctl({"config", "check"});
  BOOST_TEST(result.status == 126);
  BOOST_TEST(has(result.err, "/nowhere/edgeseald can't be started"));
  ::setenv("EDGESEALD", "/bin/true", 1);
  BOOST_TEST(has(ctl({"config", "check"}).err, "a report that is none"));
  ::setenv("EDGESEALD", "/bin/false", 1);
  BOOST_TEST(has(ctl({"config", "check"}).err, "without a report"));
}

BOOST_AUTO_TEST_CASE(apply_shows_what_changes_and_the_second_time_nothing) {
  declare({{"application", "web", "changed", "access"}, {"profile", "plant", "unchanged", ""}});
  const auto plan = ctl({"config", "apply", "--dry-run"});
  BOOST_TEST(has(plan.out, "changed  application  web   access"));
  BOOST_TEST(has(plan.out, "Nothing is changed yet"));
  BOOST_TEST(!has(plan.out, "plant"));
  BOOST_TEST(applied() == 0u);
  BOOST_TEST(ctl_json({"config", "apply"})["changed"] == true);
  BOOST_TEST(applied() == 1u);
  const auto again = ctl_json({"config", "apply"});
  BOOST_TEST(again["changed"] == false);
  BOOST_TEST(again["changes"].size() == 2u);
  BOOST_TEST(ctl({"config", "apply"}).out == "Nothing changed.\n");
}

BOOST_AUTO_TEST_CASE(settings_that_need_a_restart_are_named) {
  declare({{"setting", "keys.spare-rsa-keys", "restart", ""}});
  const auto value = ctl_json({"config", "apply"});
  BOOST_TEST(value["changed"] == false);
  BOOST_TEST(value["restart-required"][0] == "keys.spare-rsa-keys");
  BOOST_TEST(has(ctl({"config", "apply"}).out, "systemctl restart edgeseald"));
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_restart_gets_it_where_it_is_asked_for) {
  FakeSystemd systemd{{{"edgeseald.service", {}}}};
  declare({{"setting", "keys.spare-rsa-keys", "restart", ""}, {"application", "web", "changed", "access"}});
  const auto text = ctl({"config", "apply", "--restart"});
  BOOST_TEST(text.status == 0);
  BOOST_TEST(has(text.out, "restart  setting      keys.spare-rsa-keys"));
  BOOST_TEST(has(text.out, "\nRestarted edgeseald.service: "));
  BOOST_TEST(!has(text.out, "wait for"));
  BOOST_TEST((systemd.take_calls() == std::vector<std::string>{"RestartUnit edgeseald.service"}));
  const auto value = ctl_json({"config", "apply", "--restart"});  // nothing else is left to be changed
  BOOST_TEST(value["changed"] == true);
  BOOST_TEST(value["restarted"] == true);
  BOOST_TEST(value["restart-required"].empty());
  BOOST_TEST(systemd.take_calls().size() == 1U);
  declare({});  // as an agent that was restarted
  BOOST_TEST(ctl({"config", "apply", "--restart"}).out == "Nothing changed.\n");
  BOOST_TEST(ctl_json({"config", "apply", "--restart"})["changed"] == false);
  BOOST_TEST(systemd.take_calls().empty());
}

BOOST_AUTO_TEST_CASE(a_restart_that_fails_is_told_and_still_due) {
  FakeSystemd systemd{{{"edgeseald.service", {}}}};
  systemd.end_jobs_with("failed");
  declare({{"setting", "tpm.tcti", "restart", ""}});
  const auto result = ctl({"config", "apply", "--restart", "--json"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "RestartUnit of edgeseald.service ended with: failed"));
  const auto value = nlohmann::json::parse(result.out);
  BOOST_TEST(value["restarted"] == false);
  BOOST_TEST(value["restart-required"][0] == "tpm.tcti");
}

BOOST_AUTO_TEST_CASE(nothing_is_restarted_where_it_is_only_looked_at_or_something_is_in_the_way) {
  FakeSystemd systemd{{{"edgeseald.service", {}}}};
  declare({{"setting", "tpm.tcti", "restart", ""}});
  BOOST_TEST(ctl({"config", "apply", "--restart", "--dry-run"}).status == 2);
  BOOST_TEST(ctl_json({"config", "apply"})["restarted"] == false);
  change([](auto& ports) { ports.configuration.mistakes = "/a.toml:1: one"; });
  BOOST_TEST(ctl({"config", "apply", "--restart"}).status == 1);
  BOOST_TEST(systemd.take_calls().empty());
}

BOOST_AUTO_TEST_CASE(all_mistakes_that_the_agent_found_are_told_a_line_each) {
  change([](auto& ports) { ports.configuration.mistakes = "/a.toml:1: one\n/b.toml:2: two"; });
  const auto result = ctl({"config", "apply"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "/a.toml:1: one\n/b.toml:2: two"));
  BOOST_TEST(has(result.err, "nothing is changed"));
  BOOST_TEST(applied() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_json_for_programs_also_where_it_is_one_thing) {
  const auto errors = [&] {
    const auto result = ctl({"config", "apply", "--json"});
    BOOST_TEST(result.status == 1);
    return nlohmann::json::parse(result.out);
  };
  for (const auto& [mistakes, count] :
       {std::pair("/a.toml:1: one\n/b.toml:2: two", 2u), std::pair("/a.toml:1: one", 1u)}) {
    change([&, text = mistakes](auto& ports) { ports.configuration.mistakes = text; });
    const auto value = errors();
    BOOST_TEST(value["changed"] == false);
    BOOST_TEST(value["errors"].size() == count);
    BOOST_TEST(has(value["errors"][0].get<std::string>(), "/a.toml:1: one"));
  }
  change([](auto& ports) {
    ports.configuration.mistakes.clear();
    ports.configuration.fault.set(dbus::CallError("ResourceUnavailable", "the disk is full"));
  });
  BOOST_TEST(errors()["changed"].is_null());
}

BOOST_AUTO_TEST_CASE(an_application_whose_file_is_gone_needs_a_word_more) {
  change([](auto& ports) { ports.configuration.gone = "/etc/edgeseal/applications.d/web.toml"; });
  const auto result = ctl({"config", "apply"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "web.toml is gone"));
  BOOST_TEST(ctl({"config", "apply", "--delete"}).status == 0);
}

BOOST_AUTO_TEST_CASE(on_a_terminal_it_is_asked_before_an_application_is_deleted) {
  const std::vector<std::string> command{EDGESEALCTL, "config", "apply", "--delete"};
  const std::string question = "Delete web with all keys and certificates, for good? [y/N]";
  declare({{"application", "web", "removed", ""}, {"application", "plc", "changed", "access"}});
  BOOST_TEST(run_on_terminal(command, question, "n").status == 1);
  BOOST_TEST(applied() == 0u);
  BOOST_TEST(run_on_terminal(command, question, "y").status == 0);
  BOOST_TEST(applied() == 1u);
  BOOST_TEST(!has(run_on_terminal(command, "Nothing changed.", "").out, "[y/N]"));
  declare({{"application", "web", "removed", ""}});
  auto unasked = command;
  unasked.emplace_back("--yes");
  BOOST_TEST(run_on_terminal(unasked, "removed", "").status == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_applied_while_somebody_holds_off_changes) {
  change([](auto& ports) { ports.busy.held.push_back({"plc", "a batch runs", 0, 1, "plc.service", 1}); });
  BOOST_TEST(ctl({"config", "apply"}).status == 1);
  BOOST_TEST(applied() == 0u);
  BOOST_TEST(ctl({"config", "apply", "--dry-run"}).status == 0);
}

BOOST_AUTO_TEST_CASE(access_rules_are_added_and_removed_and_twice_is_no_error) {
  const std::string rule = "unit=nginx.service";
  BOOST_TEST(
      has(ctl({"application", "access", "add", "web", rule}).out, "unit=nginx.service may use the keys of web."));
  BOOST_TEST(ctl({"application", "access", "add", "web", rule}).out == "Nothing changed.\n");
  BOOST_TEST(ctl_json({"application", "access", "remove", "web", rule})["changed"] == true);
  BOOST_TEST(ctl_json({"application", "access", "remove", "web", rule})["changed"] == false);
  BOOST_TEST(ctl({"application", "access", "add", "gone", rule}).status == 1);
  BOOST_TEST(ctl({"application", "access", "add", "web"}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
