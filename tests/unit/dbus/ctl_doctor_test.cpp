// What the doctor says of a machine: that it is well, what it could not see, and how it tells it.

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/doctor/check.h"
#include "dbus/ctl/doctor/report.h"
#include "tests/unit/dbus/well_machine.h"

namespace edgeseal::ctl {
namespace {

Facts without_agent() {
  Facts facts = well();
  facts.description = {std::nullopt, kNotRunning, "start it"};
  facts.renewals = {std::nullopt, kNotRunning};
  facts.jobs = {std::nullopt, kNotRunning};
  facts.profiles = {std::nullopt, kNotRunning};
  facts.metrics = {std::nullopt, kNotRunning};
  facts.audit = {std::nullopt, kNotRunning};
  facts.waiting_settings = {std::nullopt, kNotRunning};
  facts.units["edgeseald.service"].value->active = "failed";
  facts.units["edgeseald.service"].value->result = "exit-code";
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(a_machine_that_is_well_is_well) {
  const auto all = examine(well());
  for (const auto& one : all)
    for (const auto& finding : one.findings) BOOST_ERROR(one.check->id << ": " << finding.problem);
  BOOST_TEST(exit_status_of(all) == 0);
}

BOOST_AUTO_TEST_CASE(without_the_agent_it_says_why_and_looks_at_the_rest) {
  const auto all = examine(without_agent());
  BOOST_TEST(exit_status_of(all) == 2);
  BOOST_TEST(find(all, "agent").findings[0].problem.find("result exit-code") != std::string::npos);
  BOOST_TEST(find(all, "agent").findings[0].fix == "start it");
  for (const char* id : {"tpm", "setup", "audit-log", "certificates", "renewals", "authorities", "profiles", "trust",
                         "drift", "settings"})
    BOOST_TEST(find(all, id).findings.at(0).problem == kNotRunning);
  for (const char* id : {"accounts", "timer", "journal", "configuration-files"})
    BOOST_TEST(verdict_name(find(all, id).verdict()) == "well");
}

BOOST_AUTO_TEST_CASE(whom_the_agent_refuses_takes_that_for_no_failure_of_it) {
  for (const char* kind :
       {"UserAccessDenied", "AccessDenied", "LimitsExceeded", "ServerTooBusy", "TooManyOperations"}) {
    Facts facts = well();
    facts.description = {std::nullopt, "not you", "be root", kind};
    const auto all = examine(facts);
    BOOST_TEST_CONTEXT(kind) {
      BOOST_TEST(exit_status_of(all) == 0);
      BOOST_TEST(verdict_name(find(all, "agent").verdict()) == "not-seen");
      BOOST_TEST(find(all, "agent").findings.at(0).fix == "be root");
      BOOST_TEST(find(all, "tpm").findings.at(0).problem == "not you");
    }
  }
  for (const char* kind : {"ResourceUnavailable", "InternalError", ""}) {
    Facts facts = well();
    facts.description = {std::nullopt, "the state can't be read", "", kind};
    BOOST_TEST(verdict_name(find(examine(facts), "agent").verdict()) == "failure");
  }
}

BOOST_AUTO_TEST_CASE(what_could_not_be_seen_is_said_and_no_failure) {
  Facts facts = well();
  facts.state[1].error = "Permission denied";
  facts.attached.value->at(0).reads_key = {std::nullopt, "only root can find out"};
  facts.audit = {std::nullopt, "access denied"};
  facts.renewals = {std::nullopt, "the agent does not answer"};
  facts.provider.keys.clear();
  facts.provider.not_asked = {"web/https/https", "web/https/tls-client"};
  const auto all = examine(facts);
  BOOST_TEST(exit_status_of(all) == 0);
  BOOST_TEST(verdict_name(find(all, "state-files").verdict()) == "not-seen");
  BOOST_TEST(verdict_name(find(all, "audit-log").verdict()) == "not-seen");
  BOOST_TEST(verdict_name(find(all, "attachments").verdict()) == "not-seen");
  BOOST_TEST(verdict_name(find(all, "provider").verdict()) == "not-seen");
  BOOST_TEST(find(all, "provider").findings.at(0).problem.ends_with("for: web/https/https, web/https/tls-client"));
  BOOST_TEST(find(all, "renewals").findings.at(0).problem == "the agent does not answer");
  facts.attached = {std::nullopt, "Permission denied"};
  BOOST_TEST(find(examine(facts), "attachments").findings.at(0).problem == "Permission denied");
}

BOOST_AUTO_TEST_CASE(settings_that_wait_are_named_with_the_command_that_takes_them_up) {
  Facts facts = well();
  facts.waiting_settings.value = {"setup.open-by", "tpm.tcti"};
  const auto waiting = find(examine(facts), "settings").findings.at(0);
  BOOST_TEST(waiting.problem.ends_with(": setup.open-by, tpm.tcti"));
  BOOST_TEST(waiting.fix == "edgesealctl config apply --restart");
  facts.waiting_settings = {std::nullopt, "/a.toml:1: one\n/b.toml:2: two", "", "InvalidArgument"};
  const auto mistakes = find(examine(facts), "settings").findings.at(0);
  BOOST_TEST(verdict_name(mistakes.verdict) == "not-seen");
  BOOST_TEST(mistakes.problem == "the configuration has mistakes: edgesealctl config check");
  facts.waiting_settings = {std::nullopt, "only root may compare them"};
  BOOST_TEST(find(examine(facts), "settings").findings.at(0).problem == "only root may compare them");
}

BOOST_AUTO_TEST_CASE(a_timer_that_is_enabled_for_the_next_boot_is_well) {
  Facts facts = well();
  facts.units["edgeseald.timer"].value->active = "inactive";
  BOOST_TEST(verdict_name(find(examine(facts), "timer").verdict()) == "failure");
  facts.units["edgeseald.timer"].value->file = "enabled";
  BOOST_TEST(verdict_name(find(examine(facts), "timer").verdict()) == "well");
}

// It has them from the beginning, for whatever comes.
BOOST_AUTO_TEST_CASE(slots_of_the_device_itself_that_nobody_has_begun_with_lack_nothing) {
  Facts facts = well();
  says(kSlot, nullptr)(facts);
  says("/applications/0/origin", "built-in")(facts);
  facts.renewals.value->clear();
  BOOST_TEST(verdict_name(find(examine(facts), "certificates").verdict()) == "warning");
  says("/applications/0/groups/https/slots/0/active-key", nullptr)(facts);
  BOOST_TEST(verdict_name(find(examine(facts), "certificates").verdict()) == "well");
  says("/applications/0/groups/https/slots/0/pending-key", {{"id", "01"}})(facts);
  BOOST_TEST(verdict_name(find(examine(facts), "certificates").verdict()) == "warning");
}

BOOST_AUTO_TEST_CASE(a_slot_that_a_profile_names_is_enrolled_by_it) {
  Facts facts = well();
  says(kSlot, nullptr)(facts);
  says("/applications/0/origin", "built-in")(facts);
  says("/applications/0/groups/https/slots/0/active-key", nullptr)(facts);
  facts.renewals.value->at(0).profile = "plant";
  BOOST_TEST(find(examine(facts), "certificates").findings.at(0).fix == "edgesealctl enroll plant");
  facts.renewals.value->clear();
  says("/applications/0/origin", "bus")(facts);
  BOOST_TEST(find(examine(facts), "certificates").findings.at(0).fix.starts_with("edgesealctl csr"));
}

BOOST_AUTO_TEST_CASE(a_damaged_certificate_is_told_as_that_once) {
  Facts facts = well();
  damage_certificate(facts);
  facts.renewals.value->at(0).profile = "plant";
  const auto all = examine(facts);
  const auto& found = find(all, "certificates").findings;
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].problem == "web/https/https: it was damaged");
  BOOST_TEST(found[0].fix == "edgesealctl enroll plant");
  BOOST_TEST(verdict_name(find(all, "trust").verdict()) == "well");
}

BOOST_AUTO_TEST_CASE(state_that_may_be_somewhere_else_is_not_missing) {
  Facts facts = well();
  facts.state[0].is_missing = true;
  BOOST_TEST(verdict_name(find(examine(facts), "state-files").verdict()) == "failure");
  facts.description = {std::nullopt, kNotRunning};
  BOOST_TEST(verdict_name(find(examine(facts), "state-files").verdict()) == "not-seen");
}

BOOST_AUTO_TEST_CASE(what_the_agent_says_may_be_anything) {
  for (const char* text : {"null", "[]", "3", R"({"applications":{"a":1},"tpm":[],"directory-drift":7})",
                           R"({"applications":[{"groups":[1,{"slots":{"x":null}}]}]})"}) {
    Facts facts = well();
    facts.description.value = nlohmann::json::parse(text);
    BOOST_TEST(exit_status_of(examine(facts)) == 2);
  }
}

BOOST_AUTO_TEST_CASE(the_page_has_each_check_and_below_it_problem_and_fix) {
  Facts facts = well();
  facts.journal_persistent.value = false;
  facts.provider.problem = "no\033[2Jsuch file";
  const auto text = report_text(examine(facts), Table::Style::Plain);
  BOOST_TEST(text.starts_with("ok    agent                The agent answers\n"));
  BOOST_TEST(text.find("warn  journal ") != std::string::npos);
  BOOST_TEST(text.find("      fix: mkdir -p /var/log/journal") != std::string::npos);
  BOOST_TEST(text.find('\033') == std::string::npos);
  BOOST_TEST(text.ends_with("24 well, 1 warnings, 1 failures, 0 not seen\n"));
}

BOOST_AUTO_TEST_CASE(programs_get_ids_verdicts_and_fixes) {
  Facts facts = well();
  facts.clock_synchronised = false;
  const auto value = to_json(examine(facts));
  BOOST_TEST(value["exit-status"] == 1);
  for (const auto& check : value["checks"])
    if (check["id"] == "clock") BOOST_TEST(check["findings"][0]["verdict"] == "warning");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
