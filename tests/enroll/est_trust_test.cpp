// Whom an enrolment trusts: the server, first anchors, anchors that follow.
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using std::chrono::system_clock;

std::string header_of(const nlohmann::json& request, const char* name) {
  return request.at("headers").value(name, "");
}

Clock fixed(system_clock::time_point time, bool synchronised) {
  return [=] { return TimeOfDay{time, synchronised}; };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(est_trust, EnrolmentFixture)

BOOST_AUTO_TEST_CASE(EN1_nothing_is_told_to_a_server_that_is_not_who_was_asked_for) {
  const std::pair<const char*, const char*> bad_servers[] = {
      {"other-ca", "unable to get local issuer certificate"},
      {"expired", "certificate has expired"},
      {"not-yet-valid", "certificate is not yet valid"},
      {"wrong-host", "hostname mismatch"},
      {"no-names", "subjectAltName names none"},
      {"for-clients", "unsuitable certificate purpose"},
      {"revoked", "certificate revoked"},
      {"md5", "CA signature digest algorithm too weak"},
      {"sha1", "CA signature digest algorithm too weak"},
      {"rsa1024", "EE certificate key too weak"},
      {"self-signed", "self-signed certificate"},
  };
  for (const auto& [endpoint, reason] : bad_servers) {
    Job job = password_job("open sesame");
    job.url = server.url(endpoint);
    job.trust.revocation_lists = {server.content("issuing.crl")};
    const Error error = fail(job);
    BOOST_TEST_CONTEXT(endpoint << ": " << error.what()) {
      BOOST_TEST((error.error_class() == ErrorClass::server_untrusted));
      BOOST_TEST(std::string(error.what()).find(reason) != std::string::npos);
      const nlohmann::json seen = server.seen().at(endpoint);
      BOOST_TEST(seen.at("requests").empty());
      BOOST_TEST(seen.at("bytes").get<int>() == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(EN1_nobody_is_trusted_where_there_is_no_anchor) {
  Job without = job();
  without.trust.anchors.clear();
  fails_with(without, ErrorClass::policy);
  BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_CASE(
    A5_an_unknown_server_is_contacted_where_first_contact_is_allowed_and_not_where_anchors_are_wanted) {
  Job unknown = job();
  unknown.trust.anchors.clear();
  fails_with(unknown, ErrorClass::policy);
  BOOST_TEST(requests().empty());
  fails_with(first_contact(FirstTrust::person), ErrorClass::waiting);
  BOOST_TEST(agent.proposals.size() == 1U);
  succeed(first_contact(FirstTrust::fingerprint));
  BOOST_TEST(requests("simpleenroll").size() == 1U);
}

BOOST_AUTO_TEST_CASE(A8_an_anchor_of_whoever_installed_the_device_is_enough_for_the_first_contact) {
  succeed(job());
  BOOST_TEST(agent.proposals.empty());
  Job other = job();
  other.trust.anchors = {server.content("other-root.der")};
  fails_with(other, ErrorClass::server_untrusted);
  other.trust.first = FirstTrust::person;  // who is asked only where there is no anchor
  fails_with(other, ErrorClass::server_untrusted);
  BOOST_TEST(agent.proposals.empty());
}

BOOST_AUTO_TEST_CASE(W1_no_byte_goes_to_a_server_that_is_not_mutually_authenticated) {
  for (const char* endpoint : {"never-asks", "other-ca", "expired", "wrong-host", "self-signed"}) {
    for (Job mutual : {job(), renewal()}) {
      mutual.url = server.url(endpoint);
      fails_with(mutual, ErrorClass::server_untrusted);
      const nlohmann::json seen = server.seen().at(endpoint);
      BOOST_TEST(seen.at("requests").empty(), endpoint);
      BOOST_TEST(seen.at("bytes").get<int>() == 0, endpoint);
    }
  }
  succeed(renewal());
  const auto renewed = requests("simplereenroll");
  BOOST_REQUIRE(renewed.size() == 1U);
  BOOST_TEST(text(renewed[0], "client") == hexadecimal(sha256(server.content("current.der"))));
}

BOOST_AUTO_TEST_CASE(EN1_a_good_server_is_served_by_device_identity) {
  const Result result = succeed(job());
  BOOST_TEST((agent.slot.certificate == result.certificate));
  BOOST_TEST(result.chain.size() == 1U);
  BOOST_TEST((result.chain.front() == server.content("issuing.der")));
  BOOST_TEST((result.anchors == std::vector<Bytes>{server.content("root.der")}));
  const auto enrolled = requests("simpleenroll");
  BOOST_REQUIRE(enrolled.size() == 1U);
  BOOST_TEST(text(enrolled[0], "client") == hexadecimal(sha256(server.content("device.der"))));
}

BOOST_AUTO_TEST_CASE(EN2_a_challenge_before_the_server_is_verified_is_not_answered) {
  Job job = password_job("open sesame", "challenge=cacerts/Basic realm=\"plant\"");
  job.trust.anchors.clear();
  job.trust.first = FirstTrust::person;
  fails_with(job, ErrorClass::auth_refused);
  const auto seen = requests();
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(header_of(seen[0], "authorization").empty());
  BOOST_TEST(agent.proposals.empty());
}

BOOST_AUTO_TEST_CASE(EN2_a_person_compares_the_fingerprint_before_anything_else_happens) {
  Job first = first_contact(FirstTrust::person);
  fails_with(first, ErrorClass::waiting);
  fails_with(first, ErrorClass::waiting);  // as long as nobody has approved
  for (const auto& request : requests()) {
    BOOST_TEST(text(request, "path") == "/.well-known/est/cacerts");
    BOOST_TEST(text(request, "client").empty());
  }
  BOOST_REQUIRE(agent.proposals.size() == 1U);
  BOOST_TEST(agent.proposals[0].host == "localhost");
  BOOST_TEST((agent.proposals[0].fingerprint == sha256(server.content("root.der"))));
  first.trust.anchors = {agent.proposals[0].certificate};  // as the agent hands it out then
  succeed(first);
  BOOST_TEST((agent.slot.anchors == std::vector<Bytes>{server.content("root.der")}));
  BOOST_TEST(requests("simpleenroll").size() == 1U);
}

BOOST_AUTO_TEST_CASE(EN2_a_person_is_not_asked_about_a_server_that_its_own_root_does_not_stand_for) {
  fails_with(first_contact(FirstTrust::person, "cacerts=dropped"), ErrorClass::server_untrusted);
  BOOST_TEST(agent.proposals.empty());
}

BOOST_AUTO_TEST_CASE(EN5_a_fingerprint_pins_the_root_and_a_new_connection_is_verified_by_it) {
  Job first = first_contact(FirstTrust::fingerprint);
  succeed(first);
  const auto seen = requests("cacerts");
  BOOST_REQUIRE(seen.size() == 2U);
  BOOST_TEST(text(seen[0], "client").empty());
  BOOST_TEST(!text(seen[1], "client").empty());

  first.trust.fingerprint = sha256(server.content("other-root.der"));
  fails_with(first, ErrorClass::server_untrusted);
  BOOST_TEST(requests("simpleenroll").empty());
}

BOOST_AUTO_TEST_CASE(EN5_the_anchors_stay_where_the_server_sends_no_good_set) {
  const std::pair<const char*, ErrorClass> bad_sets[] = {
      {"type", ErrorClass::transport},     {"base64", ErrorClass::transport},
      {"padding", ErrorClass::transport},  {"truncated", ErrorClass::transport},
      {"trailing", ErrorClass::transport}, {"other-content", ErrorClass::transport},
      {"none", ErrorClass::transport},     {"leaf", ErrorClass::transport},
      {"dropped", ErrorClass::rollover},   {"added", ErrorClass::rollover},
  };
  for (const auto& [set, error_class] : bad_sets) keeps_anchors(job(std::string("cacerts=") + set), error_class);
  keeps_anchors(job("large=cacerts"), ErrorClass::transport);
}

BOOST_AUTO_TEST_CASE(EN5_certificates_that_come_twice_count_once) {
  const Result result = succeed(job("cacerts=duplicates"));
  BOOST_TEST((result.anchors == std::vector<Bytes>{server.content("root.der")}));
  BOOST_TEST((result.intermediates == std::vector<Bytes>{server.content("issuing.der")}));
}

BOOST_AUTO_TEST_CASE(EN5_a_set_without_a_root_leaves_the_anchors) {
  const Result result = succeed(job("cacerts=intermediates"));
  BOOST_TEST((result.anchors == std::vector<Bytes>{server.content("root.der")}));
}

BOOST_AUTO_TEST_CASE(EN5_anchors_that_are_refused_hinder_no_renewal) {
  keeps_anchors(renewal("cacerts=dropped"), ErrorClass::rollover);
}

BOOST_AUTO_TEST_CASE(EN6_a_new_root_is_taken_over_when_the_old_one_stands_for_it) {
  BOOST_TEST((succeed(job("cacerts=rollover")).anchors == std::vector<Bytes>{server.content("new-root.der")}));
  const Result both = succeed(job("cacerts=rollover-both"));
  BOOST_TEST((both.anchors == std::vector<Bytes>{server.content("root.der"), server.content("new-root.der")}));
}

BOOST_AUTO_TEST_CASE(EN6_a_new_root_without_a_chain_from_the_old_one_is_refused) {
  for (const char* set : {"rollover-no-way-back", "rollover-unlinked", "rollover-forged"})
    keeps_anchors(job(std::string("cacerts=") + set), ErrorClass::rollover);
}

BOOST_AUTO_TEST_CASE(EN6_after_the_rollover_the_certificate_is_accepted_under_the_new_root) {
  const Result result = succeed(renewal("cacerts=rollover"));
  BOOST_TEST((agent.slot.anchors == std::vector<Bytes>{server.content("new-root.der")}));
  BOOST_TEST(result.chain.size() == 2U);  // the issuing CA and the old root by the new key
}

BOOST_AUTO_TEST_CASE(EN14_a_clock_that_nobody_has_set_does_not_judge_for_good) {
  Job job = this->job();
  surroundings.clock = [](auto) { return fixed(system_clock::time_point{}, false); };  // 1970
  const Error unset = fail(job);
  BOOST_TEST((unset.error_class() == ErrorClass::clock));
  BOOST_TEST(unset.retry_after().count() == 60);
  BOOST_TEST(std::string(unset.what()).find("clock") != std::string::npos);

  surroundings.clock = [](auto) { return fixed(system_clock::time_point{}, true); };
  const Error set = fail(job);
  BOOST_TEST((set.error_class() == ErrorClass::server_untrusted));
  BOOST_TEST(set.retry_after().count() == 0);

  surroundings.clock = [](auto) { return fixed(system_clock::now(), false); };  // the same job, later
  succeed(job);
}

BOOST_AUTO_TEST_CASE(EN14_an_issued_certificate_of_the_future_is_tried_again_while_the_clock_is_unset) {
  surroundings.clock = [](auto) { return fixed(system_clock::now(), false); };
  const Error unset = fail(job("issue=future"));
  BOOST_TEST((unset.error_class() == ErrorClass::clock));
  BOOST_TEST(unset.retry_after().count() == 60);
}

BOOST_AUTO_TEST_CASE(EN14_no_time_is_before_the_floor_and_a_certificate_may_be_valid_for_ever) {
  const auto floor = system_clock::now() + std::chrono::hours(24 * 365 * 80);  // beyond 2038 and 2050
  const TimeOfDay now = device_clock(floor)();
  BOOST_TEST((now.synchronised || now.time >= floor));
  BOOST_TEST((device_clock()().time >= system_clock::from_time_t(1'793'491'200)));  // 2026-11-01
  succeed(job("issue=for-life"));  // by an IDevID that is valid until 99991231235959Z
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
