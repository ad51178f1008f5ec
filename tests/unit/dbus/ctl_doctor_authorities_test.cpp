// What the doctor says of authorities: by what jobs met, and by a contact.

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/doctor/check.h"
#include "tests/unit/dbus/well_machine.h"

namespace edgeseal::ctl {
namespace {

using namespace std::chrono_literals;

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(each_way_in_which_an_authority_fails_has_its_fix) {
  const std::string transport = "is the network up? ";
  for (const char* error_class : {"server-untrusted", "auth-refused", "credentials", "redirect", "key-mismatch",
                                  "rollover", "expired-needs-bootstrap", "transport", "replay", "protection",
                                  "weak-protection", "rejected", "unsuitable-certificate", "policy"}) {
    Facts facts = well();
    facts.jobs.value->push_back(job_of("scheduled", error_class));
    const auto all = examine(facts);
    const auto& found = find(all, "authorities");
    BOOST_TEST_CONTEXT(error_class) {
      BOOST_TEST(verdict_name(found.verdict()) == "warning");
      BOOST_TEST(found.findings.at(0).problem.find(error_class) != std::string::npos);
      BOOST_TEST(found.findings.at(0).fix.starts_with(transport) == (std::string(error_class) == "transport"));
    }
  }
  for (const char* error_class : {"", "waiting", "clock", "Busy"}) {
    Facts facts = well();
    facts.jobs.value->push_back(job_of("scheduled", error_class));
    BOOST_TEST(verdict_name(find(examine(facts), "authorities").verdict()) == "well");
  }
}

BOOST_AUTO_TEST_CASE(an_authority_that_was_not_asked_lately_is_not_seen) {
  Facts facts = well();
  facts.jobs.value->at(0).created = microseconds_of(facts.now - std::chrono::days(30));
  const auto long_ago = find(examine(facts), "authorities").findings;
  BOOST_TEST(verdict_name(long_ago.at(0).verdict) == "not-seen");
  BOOST_TEST(long_ago.at(0).problem == "profile plant: its authority answered last to the job of 2026-10-23T00:00:00Z");
  BOOST_TEST(long_ago.at(0).fix == "edgesealctl renew web/https/https asks it for a certificate");
  facts.jobs.value->at(0).state = "cancelled";
  BOOST_TEST(find(examine(facts), "authorities").findings.at(0).problem ==
             "profile plant: no answer of its authority is known");
  facts.jobs.value->push_back(job_of("scheduled", "waiting"));  // it has the request
  facts.jobs.value->back().created = microseconds_of(facts.now - 1h);
  BOOST_TEST(verdict_name(find(examine(facts), "authorities").verdict()) == "well");
  facts.jobs.value->clear();
  BOOST_TEST(exit_status_of(examine(facts)) == 0);
  for (const char* protocol : {"self-signed", "local-ca", "external"}) {  // which ask none
    facts.profiles.value->at(0).protocol = protocol;
    BOOST_TEST(verdict_name(find(examine(facts), "authorities").verdict()) == "well");
  }
}

BOOST_AUTO_TEST_CASE(who_can_be_contacted_is_named_as_one_who_can) {
  Facts facts = well();
  facts.jobs.value->clear();
  const auto fix = [&] { return find(examine(facts), "authorities").findings.at(0).fix; };
  facts.profiles.value->at(0).url = "https://pki.example";
  BOOST_TEST(fix().starts_with("edgesealctl doctor --contact "));
  facts.profiles.value->at(0).protocol = "helper";
  BOOST_TEST(fix().find("--contact") == std::string::npos);
  facts.profiles.value->at(0) = {"plant", "est", ""};  // which has to be found
  BOOST_TEST(fix().find("--contact") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_contact_found_is_told_of_each_authority) {
  Facts facts = well();
  facts.jobs.value->clear();
  const auto met = [&](const std::string& error, const std::string& url = "https://pki.example") {
    facts.contacts = {{std::vector<ContactFact>{{"plant", url, error, error.empty() ? "" : "what was said"}}, ""}};
    const auto findings = find(examine(facts), "authorities").findings;
    BOOST_REQUIRE(findings.size() == 1U);
    return findings.front();
  };
  BOOST_TEST(met("").problem == "profile plant: https://pki.example answers and is believed");
  BOOST_TEST(verdict_name(met("").verdict) == "well");
  BOOST_TEST(met("", "http://pki.example").problem.find("without TLS") != std::string::npos);
  BOOST_TEST(met("transport").problem ==
             "profile plant: https://pki.example gives no answer (transport): what was said");
  for (const char* not_believed : {"server-untrusted", "auth-refused", "rollover", "clock"})
    BOOST_TEST(met(not_believed).problem.find("answers and is not believed") != std::string::npos);
  BOOST_TEST(met("policy").problem.find("can't be contacted as the profile has it") != std::string::npos);
  for (const char* elsewhere : {"rejected", "redirect"})
    BOOST_TEST(met(elsewhere).problem.find("does not serve there") != std::string::npos);
  for (const char* problem : {"transport", "server-untrusted", "policy", "clock", "rejected", "redirect"}) {
    BOOST_TEST(verdict_name(met(problem).verdict) == "warning");
    BOOST_TEST(!met(problem).fix.empty());
  }
  BOOST_TEST(verdict_name(met("cancelled").verdict) == "not-seen");
}

BOOST_AUTO_TEST_CASE(a_contact_does_not_hide_what_jobs_met) {
  Facts facts = well();
  facts.jobs.value->push_back(job_of("scheduled", "rejected"));
  facts.contacts = {{std::vector<ContactFact>{{"plant", "https://pki.example", "", ""}}, ""}};
  const auto all = examine(facts);
  const auto& found = find(all, "authorities");
  BOOST_TEST(found.findings.size() == 2U);
  BOOST_TEST(verdict_name(found.verdict()) == "warning");
}

BOOST_AUTO_TEST_CASE(contacts_that_were_wanted_and_refused_are_not_seen) {
  Facts facts = well();
  facts.contacts = {{std::nullopt, "only administrators may"}};
  const auto all = examine(facts);
  const auto& found = find(all, "authorities");
  BOOST_TEST(verdict_name(found.verdict()) == "not-seen");
  BOOST_TEST(found.findings.at(0).problem == "only administrators may");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
