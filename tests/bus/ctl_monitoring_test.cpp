// Metrics, doctor and timeline of edgesealctl against the service on a private bus.

#include <grp.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/bus/ctl_fixture.h"
#include "tests/bus/fake_systemd.h"

namespace edgeseal::test {
namespace {

using nlohmann::json;

struct Fixture : CtlFixture {
  FakeSystemd systemd{{{"edgeseald.service", {.active_state = "failed", .sub_state = "failed", .result = "exit-code"}},
                       {"edgeseald.timer", {.file_state = "disabled", .active_state = "inactive", .sub_state = "dead"}},
                       {"edgeseald.socket", {}}}};

  [[nodiscard]] json check(const std::string& id, const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments{"doctor", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const json report = json::parse(ctl(arguments).out);
    for (const json& one : report["checks"])
      if (one["id"] == id) return one;
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_monitoring, Fixture)

BOOST_AUTO_TEST_CASE(metrics_are_text_or_values_or_a_file) {
  const std::string text =
      "# TYPE edgeseal_signatures counter\n# HELP edgeseal_signatures Signatures.\n"
      "edgeseal_signatures_total{key=\"web/https/https\",result=\"success\"} 41\n"
      "# TYPE edgeseal_clock_synchronised gauge\n# HELP edgeseal_clock_synchronised Clock.\n"
      "edgeseal_clock_synchronised 1\n# EOF\n";
  BOOST_TEST(ctl({"metrics"}).out == text);
  BOOST_TEST(ctl_json({"metrics"})[0]["samples"][0]["value"] == 41);
  const auto path = file("edgeseal.prom", "of before");
  BOOST_TEST(ctl({"metrics", "--out", path}).out == "");
  BOOST_TEST(content_of(path) == text);
  BOOST_TEST(ctl({"metrics", "--json", "--out", path}).out == "");
  BOOST_TEST(json::parse(content_of(path)) == ctl_json({"metrics"}));
  BOOST_TEST(ctl({"metrics", "--out", "-"}).out == text);
}

BOOST_AUTO_TEST_CASE(metrics_that_can_not_be_had_leave_the_file_as_it_was) {
  change(
      [](auto& ports) { ports.metrics.fault.set(dbus::CallError("ResourceUnavailable", "the state can't be read")); });
  const auto path = file("edgeseal.prom", "of before");
  const auto result = ctl({"metrics", "--out", path});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "the state can't be read"));
  BOOST_TEST(content_of(path) == "of before");
  BOOST_TEST(ctl({"metrics", "--out", (bus.directory() / "none" / "x.prom").string()}).status != 0);
}

BOOST_AUTO_TEST_CASE(the_doctor_asks_the_agent_and_systemd) {
  BOOST_TEST(check("agent")["verdict"] == "well");
  BOOST_TEST(check("timer")["verdict"] == "failure");
  BOOST_TEST(check("timer")["findings"][0]["fix"] == "systemctl enable --now edgeseald.timer");
  change([](auto& ports) { ports.agent.description = R"({"tpm":{"health":"absent","detail":"No TPM."}})"; });
  BOOST_TEST(check("tpm")["findings"][0]["problem"] == "absent: No TPM.");
  BOOST_TEST(ctl({"doctor"}).status == 2);
}

// Asked as whoever administers: the test does not have to be root.
BOOST_AUTO_TEST_CASE(the_doctor_asks_which_settings_wait_for_a_restart_also_where_a_file_is_gone) {
  change([](auto& ports) {
    ports.agent.description = json({{"accounts", {{"administrators", getgrgid(getegid())->gr_name}}}}).dump();
    ports.configuration.changes = {{"setting", "setup.open-by", "restart", ""}};
    ports.configuration.gone = "/etc/edgeseal/applications.d/web.toml";
  });
  const auto found = check("settings");
  BOOST_TEST(found["verdict"] == "warning");
  BOOST_TEST(has(found["findings"][0]["problem"].get<std::string>(), "setup.open-by"));
  change([](auto& ports) { ports.configuration.changes.clear(); });
  BOOST_TEST(check("settings")["verdict"] == "well");
}

BOOST_AUTO_TEST_CASE(the_doctor_has_authorities_contacted_only_where_that_is_wanted) {
  change([](auto& ports) {
    dbus::ProfileInfo profile;
    profile.name = "plant";
    profile.protocol = "est";
    profile.url = "https://pki.example";
    ports.enrolment.known_profiles = {profile};
    ports.enrolment.contacts = {{"plant", "https://pki.example", {"transport", "nobody listens"}}};
  });
  const json passive = check("authorities");
  BOOST_TEST(passive["verdict"] == "not-seen");
  BOOST_TEST(has(passive["findings"][0]["fix"].get<std::string>(), "edgesealctl doctor --contact"));
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.enrolment.calls.size(); }) == 0U);
  const json active = check("authorities", {"--contact"});
  BOOST_TEST(active["verdict"] == "warning");
  BOOST_TEST(active["findings"][0]["problem"] ==
             "profile plant: https://pki.example gives no answer (transport): nobody listens");
}

// Its own call may be the one that starts the agent.
BOOST_AUTO_TEST_CASE(the_doctor_judges_the_tpm_when_it_was_opened) {
  change([](auto& ports) {
    ports.agent.description = R"({"tpm":{"health":"ready","detail":"","awaited":false}})";
    ports.agent.earlier_descriptions.assign(10, R"({"tpm":{"health":"absent","detail":"not yet","awaited":true}})");
  });
  BOOST_TEST(check("tpm")["verdict"] == "well");
}

BOOST_AUTO_TEST_CASE(the_doctor_looks_where_the_agent_has_its_things) {
  const auto state = (bus.directory() / "data").string(), socket = (bus.directory() / "k.sock").string();
  change([&](auto& ports) {
    ports.agent.description = json({{"places", {{"state", state}, {"key-socket", socket}}}}).dump();
  });
  BOOST_TEST(check("state-files")["findings"][0]["problem"] == state + " is missing");
  BOOST_TEST(has(check("key-socket")["findings"].back()["problem"].get<std::string>(), socket));
}

BOOST_AUTO_TEST_CASE(the_doctor_looks_for_the_accounts_that_the_configuration_names) {
  const auto says = [&](const char* enrolment, const char* administrators) {
    change([&](auto& ports) {
      ports.agent.description =
          json({{"accounts", {{"enrolment", enrolment}, {"administrators", administrators}}}}).dump();
    });
    return check("accounts")["findings"].dump();
  };
  const auto others = says("talks-to-authorities", "plant-admins");
  BOOST_TEST(has(others, "account talks-to-authorities: "));
  BOOST_TEST(has(others, "group plant-admins: "));
  BOOST_TEST(!has(others, "edgeseal-enroll"));
  BOOST_TEST(!has(others, "edgeseal-admin"));
  const auto none = says("root", "");  // nobody but root administers
  BOOST_TEST(!has(none, "account root"));
  BOOST_TEST(!has(none, "\"group "));
}

BOOST_AUTO_TEST_CASE(without_the_agent_the_doctor_says_what_systemd_says_of_it) {
  service.end_service();
  const auto result = ctl({"doctor"});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.out, "FAIL  agent "));
  BOOST_TEST(has(result.out, "systemd says: loaded, failed (failed), result exit-code"));
  BOOST_TEST(check("tpm")["verdict"] == "not-seen");
}

BOOST_AUTO_TEST_CASE(an_agent_that_refuses_to_describe_itself_answers_and_one_that_can_not_has_failed) {
  const auto refuse = [&](const char* kind, const char* message) {
    change([=](auto& ports) { ports.agent.fault.set(dbus::CallError(kind, message)); });
  };
  refuse("UserAccessDenied", "inspect is not for you");
  const auto refused = check("agent");
  BOOST_TEST(refused["verdict"] == "not-seen");
  BOOST_TEST(has(refused["findings"][0]["problem"].get<std::string>(), "inspect is not for you"));
  refuse("ResourceUnavailable", "the state can't be read");
  const auto failed = check("agent");
  BOOST_TEST(failed["verdict"] == "failure");
  BOOST_TEST(!has(failed["findings"][0]["fix"].get<std::string>(), "systemctl start"));
}

BOOST_AUTO_TEST_CASE(without_a_bus_the_doctor_does_not_say_that_the_agent_is_to_be_started) {
  const auto result =
      run_program({"env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/none", EDGESEALCTL, "doctor", "--json"}, bus.directory());
  BOOST_TEST(result.status == 2);
  const auto agent = json::parse(result.out)["checks"][0];
  BOOST_TEST(agent["verdict"] == "failure");
  BOOST_TEST(has(agent["findings"][0]["fix"].get<std::string>(), "is dbus.service running"));
}

BOOST_AUTO_TEST_CASE(the_checks_are_listed_without_an_agent) {
  service.end_service();
  const auto all = ctl_json({"doctor", "--list"});
  BOOST_TEST(all.size() == 26U);
  BOOST_TEST(all[0]["id"] == "agent");
}

BOOST_AUTO_TEST_CASE(without_certificates_there_is_no_timeline) {
  BOOST_TEST(has(ctl({"timeline"}).out, "No certificates."));
  BOOST_TEST(ctl_json({"timeline"})["certificates"].empty());
  BOOST_TEST(ctl({"timeline", "--days", "0"}).status == 2);
}

BOOST_AUTO_TEST_CASE(the_status_shows_what_ends_next_and_alarms) {
  change([](auto& ports) {
    ports.agent.description =
        R"({"applications":[{"name":"web","groups":{"https":{"alarms":[{"kind":"trust-list-out-of-date","message":"too old"}],
        "slots":[{"certificate-type":"https","certificate":{"not-after":"2027-01-31T12:00:00Z"}},
                 {"certificate-type":"tls","certificate":{"not-after":"2026-12-31T12:00:00Z"}}]}}}]})";
  });
  const auto result = ctl({"status"});
  BOOST_TEST(has(result.out, "Next end        2026-12-31T12:00:00Z of web/https/tls\n"));
  BOOST_TEST(has(result.out, "Alarm           web/https: too old\n"));
  BOOST_TEST(ctl_json({"status"})["next-end"]["slot"] == "web/https/tls");
  BOOST_TEST(ctl_json({"status"})["alarms"][0]["kind"] == "trust-list-out-of-date");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
