// Every check of the doctor with the fault that it is there for.

#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>

#include "dbus/ctl/doctor/check.h"
#include "tests/unit/dbus/well_machine.h"

namespace edgeseal::ctl {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

struct Fault {
  const char* check;
  Verdict verdict;
  std::function<void(Facts&)> happens;
};

Json drift(const char* path) {
  return Json::array({{{"path", path}, {"found", "mode 0777"}, {"wanted", "mode 0750"}, {"action", "reported"}}});
}

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all{
      {"agent", Verdict::Failure,
       [](Facts& facts) {
         facts.description = {std::nullopt, kNotRunning};
       }},
      {"agent-version", Verdict::Warning, says("/version", "1.2.2")},
      {"tpm", Verdict::Failure, says("/tpm/health", "replaced")},
      {"tpm", Verdict::Warning, says("/tpm/health", "slow")},
      {"tpm-encryption", Verdict::Warning, says("/tpm/facts/response-encryption", "no")},
      {"disk-anchor", Verdict::Failure, says("/anchor/finding", "wiped")},
      {"disk-anchor", Verdict::Warning, says("/anchor/finding", "rolled-back")},
      {"setup", Verdict::Warning, says("/setup/state", "setup-open")},
      {"setup", Verdict::Failure, says("/setup/state", "locked-out")},
      {"audit-log", Verdict::Failure,
       [](Facts& facts) {
         facts.audit.value->intact = false;
         facts.audit.value->problem = "it was changed";
       }},
      {"audit-log", Verdict::Failure, [](Facts& facts) { facts.audit.value->write_problem = "No space left"; }},
      {"audit-log", Verdict::Failure, [](Facts& facts) { facts.audit.value = {.read_problem = "Not a directory"}; }},
      {"audit-log", Verdict::Warning, [](Facts& facts) { facts.audit.value->lost = 3; }},
      {"audit-log", Verdict::Warning, [](Facts& facts) { facts.audit.value->anchor = "missing"; }},
      {"clock", Verdict::Warning, [](Facts& facts) { facts.clock_synchronised = false; }},
      {"clock", Verdict::Failure, [](Facts& facts) { facts.now -= 1h; }},
      {"clock", Verdict::Failure, [](Facts& facts) { facts.metrics.value->at(0).samples.at(0).value = 1e300; }},
      {"certificates", Verdict::Failure,
       says(kSlot, {{"not-before", "2026-10-01T00:00:00Z"}, {"not-after", "2026-11-21T00:00:00Z"}})},
      {"certificates", Verdict::Warning, says(kSlot, nullptr)},
      {"certificates", Verdict::Failure, damage_certificate},
      {"certificates", Verdict::Warning,
       [](Facts& facts) {
         facts.renewals.value->clear();
         says(kSlot, {{"not-before", "2026-10-01T00:00:00Z"}, {"not-after", "2026-11-24T00:00:00Z"}})(facts);
       }},
      {"renewals", Verdict::Failure, [](Facts& facts) { facts.renewals.value->at(0).needs = "a password"; }},
      {"renewals", Verdict::Warning, [](Facts& facts) { facts.renewals.value->at(0).failures = 3; }},
      {"authorities", Verdict::Warning,
       [](Facts& facts) { facts.jobs.value->push_back(job_of("scheduled", "transport")); }},
      {"profiles", Verdict::Failure, [](Facts& facts) { facts.profiles.value->at(0).problem = "line 3: no url"; }},
      {"trust", Verdict::Failure, says("/applications/0/groups/https/trust-list/intact", false)},
      {"trust", Verdict::Warning,
       says("/applications/0/groups/https/alarms", Json::array({{{"kind", "trust-list-out-of-date"}}}))},
      {"drift", Verdict::Failure, says("/directory-drift", drift("/var/lib/edgeseal/pki/web/https/trusted"))},
      {"adopted", Verdict::Warning, says("/directory-drift", drift("/opt/plc/pki/trusted"))},
      {"configuration", Verdict::Failure,
       [](Facts& facts) {
         facts.mistakes.value->at(0) = {"web.toml", 3, "error", "unknown key"};
       }},
      {"settings", Verdict::Warning, [](Facts& facts) { facts.waiting_settings.value->emplace_back("tpm.tcti"); }},
      {"configuration-files", Verdict::Failure, [](Facts& facts) { facts.configuration[0].mode = 0100664; }},
      {"configuration-files", Verdict::Failure, [](Facts& facts) { facts.configuration[0].owner = 1000; }},
      {"state-files", Verdict::Failure, [](Facts& facts) { facts.state[1].mode = 040750; }},
      {"state-files", Verdict::Failure, [](Facts& facts) { facts.state[0].owner = 1000; }},
      {"published-files", Verdict::Failure, [](Facts& facts) { facts.published[0].mode = 040777; }},
      {"published-files", Verdict::Failure, [](Facts& facts) { facts.published[0].is_missing = true; }},
      {"published-files", Verdict::Failure, says("/applications/0/groups/https/published", false)},
      {"accounts", Verdict::Failure, [](Facts& facts) { facts.accounts["account edgeseal"] = false; }},
      {"key-socket", Verdict::Failure, [](Facts& facts) { facts.units["edgeseald.socket"].value->active = "failed"; }},
      {"key-socket", Verdict::Failure, [](Facts& facts) { facts.key_socket.value = "Connection refused"; }},
      {"timer", Verdict::Failure, [](Facts& facts) { facts.units["edgeseald.timer"].value->active = "inactive"; }},
      {"provider", Verdict::Failure, [](Facts& facts) { facts.provider.problem = "no such file"; }},
      {"provider", Verdict::Failure, [](Facts& facts) { facts.provider.stands_aside = "activate default first"; }},
      {"provider", Verdict::Failure, [](Facts& facts) { facts.provider.keys["web/https/https"] = "not permitted"; }},
      {"attachments", Verdict::Warning,
       [](Facts& facts) { facts.attached.value->at(0).service.value->active = "failed"; }},
      {"attachments", Verdict::Failure,
       [](Facts& facts) { facts.attached.value->at(0).service.value->load = "not-found"; }},
      {"attachments", Verdict::Failure,
       [](Facts& facts) { facts.attached.value->at(0).watch.value->active = "failed"; }},
      {"attachments", Verdict::Failure,
       [](Facts& facts) {
         facts.attached.value->at(0).watch = {gone(), ""};
       }},
      {"attachments", Verdict::Failure,
       [](Facts& facts) { facts.attached.value->at(0).missing_files = {"/etc/x.conf"}; }},
      {"attachments", Verdict::Failure, [](Facts& facts) { facts.attached.value->at(0).reads_key.value = false; }},
      {"attachments", Verdict::Warning,
       [](Facts& facts) { facts.attached.value->at(0).process.value->has_provider = false; }},
      {"attachments", Verdict::Failure,
       [](Facts& facts) {
         facts.attached.value->at(0).process = {ProcessFact{.has_libcrypto = true, .is_secure = true}, ""};
       }},
      {"attachments", Verdict::Failure, says("/applications/0/access", Json::array())},
      {"attachments", Verdict::Failure,
       [](Facts& facts) {  // whose workers change the account
         facts.attached.value->at(0).account = "";
         facts.attached.value->at(0).attachment.given_rule = "unit=nginx.service";
       }},
      {"attachments", Verdict::Failure, says("/applications/0/name", "other")},
      {"journal", Verdict::Warning, [](Facts& facts) { facts.journal_persistent.value = false; }},
  };
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(each_fault_is_found_by_its_check_with_a_fix) {
  for (const auto& fault : faults()) {
    Facts facts = well();
    fault.happens(facts);
    const auto all = examine(facts);
    const auto& found = find(all, fault.check);
    BOOST_TEST_CONTEXT(fault.check) {
      BOOST_TEST(verdict_name(found.verdict()) == verdict_name(fault.verdict));
      BOOST_REQUIRE(!found.findings.empty());
      BOOST_TEST(!found.findings[0].problem.empty());
      BOOST_TEST(!found.findings[0].fix.empty());
      BOOST_TEST(found.findings[0].fix.find("docs/") == std::string::npos);  // which is not on the device
      BOOST_TEST(exit_status_of(all) == (fault.verdict == Verdict::Failure ? 2 : 1));
    }
  }
}

BOOST_AUTO_TEST_CASE(no_check_is_without_a_fault_here) {
  std::set<std::string> tried, all;
  for (const auto& fault : faults()) tried.insert(fault.check);
  for (const auto& check : checks()) BOOST_TEST(all.insert(check.id).second);
  BOOST_TEST(tried == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
