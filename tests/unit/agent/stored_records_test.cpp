// Records as earlier versions have left them on disks: they are read, and written as they were.

#include <boost/test/unit_test.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "agent/configuration/declared_record.h"
#include "agent/onboarding/onboarding_records.h"
#include "agent/renewal/job.h"
#include "agent/renewal/profiles.h"
#include "agent/setup/bundle_record.h"
#include "agent/staging/staged_set.h"
#include "tests/unit/agent/state_fixture.h"

namespace edgeseal::agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

template <class Octets>
Bytes bytes_of(const Octets& octets) {
  const auto bytes = std::as_bytes(std::span(octets));
  return {bytes.begin(), bytes.end()};
}

Bytes cbor(const json& content) {
  return bytes_of(json::to_cbor(content));
}

Bytes text(std::string_view content) {
  return bytes_of(content);
}

json binary(std::uint8_t octet, std::size_t size = 1) {
  return json::binary(std::vector<std::uint8_t>(size, octet));
}

Bytes octets(int octet, std::size_t size = 1) {
  return Bytes(size, static_cast<std::byte>(octet));
}

json jobs() {
  json record = json::parse(R"({"version": 1, "next": 8, "jobs": [{
      "number": 7, "profile": "plant", "slot": ["web", "https", "https"], "by-hand": true, "renews": false,
      "refused-certificate": true, "state": "awaiting-approval", "stage": "connecting", "error-class": "transport",
      "message": "no answer", "needs": "approval", "created": 1700000000123456, "made-key": true,
      "requested-at": 1700000001, "secret-spent": false, "anchors": [],
      "attempts": {"failures": 2, "since": 1700000002, "at-least": 60, "setback": "postponed"}}]})");
  json& job = record["jobs"][0];
  job["request"] = binary(1);
  job["key"] = binary(2, 32);
  job["continuation"] = binary(3);
  job["proposed"] = json::array({binary(4), binary(5)});
  job["approved"] = json::array({binary(6)});
  job["certificate"] = binary(7);
  job["chain"] = json::array({binary(8)});
  return record;
}

json staged() {
  json record = json::parse(R"({"version": 1, "application": "device", "group": "provisioning", "phase": "verifying",
      "needs-setup": true, "problem": "not proven", "entries": [{"url": "https://pki.example.com", "role": "trusted",
      "notes": ["expires soon"], "problem": "not there", "way": "drop-folder", "origin": "a.pem", "uid": 1000,
      "staged-at": 1700000000, "slot": ["web", "https", "https"]}]})");
  record["entries"][0]["certificate"] = binary(1);
  return record;
}

constexpr std::string_view bundles =
    R"({"pending":{"accepted":{"identifier":"aa","not-after":1800000000,"port":18444,"trust":"bb","url":"https://a"},)"
    R"("ciphertext":"e30","counted":true,"deadline":60,"limit":3,"needs-setup":false,"session":"1","source":"a stick"},)"
    R"("server":{"identifier":"cc","not-after":1800000001,"port":1,"trust":"dd","url":"https://b"},"spent-tries":2,)"
    R"("used":[{"identifier":"cc","not-after":1800000001}],"verifying":true})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stored_records, test::StateFixture)

BOOST_AUTO_TEST_CASE(jobs_stay_as_they_are) {
  const JobRecord record = decode_jobs(cbor(jobs()));
  BOOST_TEST(record.next == 8u);
  BOOST_REQUIRE(record.jobs.size() == 1u);
  const Job& job = record.jobs.front();
  BOOST_TEST((job.slot == web));
  BOOST_TEST((job.state == JobState::awaiting_approval));
  BOOST_TEST((job.attempts == RenewalAttempts{2, RenewalTime(1700000002s), 60s, Setback::postponed}));
  BOOST_TEST((job.created == Job::Time(1700000000123456us)));
  BOOST_TEST((job.request == octets(1)));
  BOOST_TEST((job.proposed == std::vector{octets(4), octets(5)}));
  json kept = jobs();
  kept["jobs"][0]["terms"] = binary(0, 0);  // two that 0.1.0 did not write
  kept["jobs"][0]["modified"] = false;
  BOOST_TEST((encode(record) == cbor(kept)));
  BOOST_TEST((encode(decode_jobs(cbor(kept))) == cbor(kept)));
}

BOOST_AUTO_TEST_CASE(what_is_no_record_of_jobs_is_refused) {
  json unknown_state = jobs(), other_version = jobs(), short_key = jobs(), without_next = jobs();
  unknown_state["jobs"][0]["state"] = "dreaming";
  other_version["version"] = 2;
  short_key["jobs"][0]["key"] = binary(2);
  without_next.erase("next");
  for (const json& damaged : {unknown_state, other_version, short_key, without_next, json("jobs")})
    BOOST_CHECK_THROW((void)decode_jobs(cbor(damaged)), Error);
  BOOST_CHECK_THROW((void)decode_jobs({}), Error);
}

BOOST_AUTO_TEST_CASE(a_job_with_a_number_that_no_agent_writes_is_refused) {
  const json wrong = {
      1e300, 1.5, -1, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::uint64_t>::max(), "1"};
  for (const char* member : {"/next", "/jobs/0/number", "/jobs/0/created", "/jobs/0/requested-at",
                             "/jobs/0/attempts/failures", "/jobs/0/attempts/since", "/jobs/0/attempts/at-least"})
    for (const json& number : wrong) BOOST_TEST_CONTEXT(member << " " << number) {
        json damaged = jobs();
        damaged[json::json_pointer(member)] = number;
        BOOST_CHECK_EXCEPTION((void)decode_jobs(cbor(damaged)), Error, test::has_code(Code::security_checks_failed));
      }
}

BOOST_AUTO_TEST_CASE(what_is_staged_stays_as_it_is) {
  const StagedSet set = decode_staged_set(cbor(staged()));
  BOOST_TEST((set.group == dbus::GroupName{"device", "provisioning"}));
  BOOST_TEST((set.phase == StagedPhase::verifying));
  BOOST_REQUIRE(set.entries.size() == 1u);
  BOOST_TEST((set.entries.front().slot == web));
  BOOST_TEST((set.entries.front().certificate == octets(1)));
  BOOST_TEST((encode(set) == cbor(staged())));
  json unknown_phase = staged();
  unknown_phase["phase"] = "dreaming";
  BOOST_CHECK_THROW((void)decode_staged_set(cbor(unknown_phase)), Error);
}

BOOST_AUTO_TEST_CASE(bundles_stay_as_they_are) {
  const BundleRecord record = decode_bundle_record(text(bundles));
  BOOST_REQUIRE(record.pending.has_value());
  BOOST_TEST(record.pending->session == "1");
  BOOST_TEST((record.pending->deadline == std::chrono::system_clock::time_point(60s)));
  BOOST_TEST((encode(record) == text(bundles)));
}

// What the parser quotes may be no UTF-8, and goes to the bus.
BOOST_AUTO_TEST_CASE(what_is_no_record_of_bundles_is_refused_in_words_that_can_be_shown) {
  BOOST_CHECK_EXCEPTION((void)decode_bundle_record(text("\"\xff")), Error, [](const Error& error) {
    const std::string message = error.what();
    return error.code() == Code::state_unavailable && message.find("the record of bundles") != std::string::npos &&
           message.find("\\xff") != std::string::npos && message.find('\xff') == std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(what_files_declared_stays_as_it_is) {
  const Bytes stored = cbor(
      json::parse(R"({"directories": [["/srv/pki", "web", "https", "pem"]], "trust-lists": {"web/https": "00ff"}})"));
  state->put_record("declared", stored);
  const DeclaredRecord record = read_declared(*state);
  BOOST_TEST((record == DeclaredRecord{{{"/srv/pki", "web", "https", "pem"}}, {{"web/https", "00ff"}}}));
  write_declared(*state, record);
  BOOST_TEST((*state->record("declared") == stored));
}

BOOST_AUTO_TEST_CASE(profiles_stay_as_they_are) {
  const std::string profile =
      "protocol = \"est\"\nurl = \"https://pki.example.com\"\nslots = [\"web/https/https\"]\n"
      "[trust]\nfirst-contact = \"system\"\n";
  state->put_record("enrolment-profiles", cbor(json::array({json::array({"plant", profile})})));
  Profiles profiles(*state, {});
  BOOST_TEST(profiles.get("plant").url == "https://pki.example.com");
  profiles.put("yard", profile);
  BOOST_TEST((*state->record("enrolment-profiles") ==
              cbor(json::array({json::array({"plant", profile}), json::array({"yard", profile})}))));
  state->put_record("enrolment-profiles", cbor(json::array({"plant"})));
  BOOST_CHECK_EXCEPTION(profiles.put("yard", profile), Error, test::has_code(Code::state_unavailable));
}

BOOST_AUTO_TEST_CASE(what_onboarding_keeps_stays_as_it_is) {
  const Bytes tickets = text(R"(["AQ","_w"])"), software = text(R"({"revision":"7","up-to-date":false})"),
              registrars =
                  text(R"([{"application-name":"R","application-uri":"urn:r","discovery-urls":["opc.tcp://r"],)"
                       R"("product-uri":"urn:p"}])");
  state->put_record("onboarding-tickets", tickets);
  state->put_record("onboarding-software", software);
  state->put_record("onboarding-registrars", registrars);
  OnboardingRecords records(*state);
  BOOST_TEST((records.tickets() == std::vector{octets(1), octets(0xff)}));
  BOOST_TEST((records.software_status() == SoftwareStatus{false, "7"}));
  BOOST_TEST((records.registrars() == std::vector{RegistrarEndpoint{"urn:r", "urn:p", "R", {"opc.tcp://r"}}}));
  records.put_tickets(records.tickets());
  records.put_software_status(*records.software_status());
  records.put_registrars(records.registrars());
  BOOST_TEST((*state->record("onboarding-tickets") == tickets));
  BOOST_TEST((*state->record("onboarding-software") == software));
  BOOST_TEST((*state->record("onboarding-registrars") == registrars));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
