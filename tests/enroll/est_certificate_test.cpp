// What is issued, and what is asked for.
#include "enroll/base64.h"
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {

using namespace enroll;

BOOST_FIXTURE_TEST_SUITE(est_certificate, EnrolmentFixture)

BOOST_AUTO_TEST_CASE(EN7_a_certificate_for_another_key_is_no_certificate_of_ours) {
  fails_with(job("issue=other-key"), ErrorClass::key_mismatch);
  fails_with(job("issue=none"), ErrorClass::transport);
}

BOOST_AUTO_TEST_CASE(EN7_what_is_issued_has_to_be_fit_for_use) {
  for (const char* fault :
       {"other-subject", "other-names", "ca", "inverted", "future", "ended", "sha1", "for-servers", "other-issuer"})
    fails_with(job(std::string("issue=") + fault), ErrorClass::unsuitable_certificate);
}

// In the nanoseconds of a clock its begin would be a day to come.
BOOST_AUTO_TEST_CASE(EN7_a_certificate_that_is_older_than_clocks_reach_is_judged_by_today) {
  succeed(job("issue=medieval"));
}

BOOST_AUTO_TEST_CASE(EN7_further_certificates_are_passed_over) {
  BOOST_TEST(succeed(job("issue=two")).chain.size() == 1U);
  const Result result = succeed(job("issue=chain"));
  BOOST_TEST((result.chain == std::vector<Bytes>{server.content("issuing.der")}));
}

BOOST_AUTO_TEST_CASE(EN7_names_and_use_are_what_the_profile_says) {
  Job job = this->job("issue=other-subject");
  job.rules.names = Names::server_decides;
  succeed(job);
  job.url = server.url("good", "issue=for-servers");
  job.rules.extended_key_usages = {NID_server_auth};
  succeed(job);
}

BOOST_AUTO_TEST_CASE(EN10_nobody_is_asked_for_wishes_that_have_no_effect) {
  succeed(job("attributes=malformed"));
  BOOST_TEST(requests("csrattrs").empty());
}

// The agent knows what the slot may have, and has made its request before.
BOOST_AUTO_TEST_CASE(EN10_wishes_change_neither_request_nor_key) {
  for (const char* answer : {"204", "404", "empty", "nothing", "unknown", "large", "legacy", "extension", "rsa",
                             "template", "rsa-template", "both"}) {
    Job job = this->job(std::string("attributes=") + answer);
    job.requires_readable_attributes = true;
    succeed(job);
    const nlohmann::json seen = server.seen().at("good").at("requests");
    BOOST_TEST_CONTEXT(answer) {
      BOOST_REQUIRE(seen.size() == 3U);
      BOOST_TEST(text(seen[1], "path").ends_with("/csrattrs"));
      BOOST_TEST(text(seen[2], "path").ends_with("/simpleenroll"));
      BOOST_TEST(text(seen[2], "body") == std::string(encode_base64(job.request)));
    }
  }
}

BOOST_AUTO_TEST_CASE(EN10_malformed_wishes_end_the_job_where_they_have_to_be_readable) {
  for (const char* answer : {"malformed", "not-a-sequence", "bad-extension", "bad-template", "bad-template-key"}) {
    Job job = this->job(std::string("attributes=") + answer);
    job.requires_readable_attributes = true;
    fails_with(job, ErrorClass::transport);
  }
  BOOST_TEST(requests("simpleenroll").empty());
}

BOOST_AUTO_TEST_CASE(EN11_a_renewal_stands_on_the_current_certificate) {
  succeed(renewal());
  const auto seen = requests("simplereenroll");
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(text(seen[0], "client") == hexadecimal(sha256(server.content("current.der"))));
}

BOOST_AUTO_TEST_CASE(EN11_a_renewal_that_is_refused_falls_back_to_no_secret) {
  Job job = renewal("reenroll=rejected");
  job.password = password("gateway", "open sesame");
  fails_with(job, ErrorClass::rejected);
  job.url = server.url("good", "challenge=simplereenroll/Basic realm=\"plant\"");
  fails_with(job, ErrorClass::credentials);
  for (const auto& request : requests()) BOOST_TEST(!request.at("headers").contains("authorization"));
}

BOOST_AUTO_TEST_CASE(EN11_a_renewal_with_other_names_is_refused_on_either_side) {
  fails_with(renewal("issue=other-subject"), ErrorClass::unsuitable_certificate);
  fails_with(renewal("issue=other-names"), ErrorClass::unsuitable_certificate);
  static_cast<void>(server.seen());
  Job other = renewal();
  other.request = key.request("somebody else");
  fails_with(other, ErrorClass::policy);
  BOOST_TEST(requests("simplereenroll").empty());
}

BOOST_AUTO_TEST_CASE(EN11_an_expired_certificate_says_what_it_needs) {
  Job job = renewal();
  job.identity = identity("expired");
  fails_with(job, ErrorClass::expired_needs_bootstrap);
  BOOST_TEST(requests().empty());

  job.operation = Operation::enrol;  // the server sees that, too
  job.url = server.url("strict");    // and says so
  fails_with(job, ErrorClass::credentials);
}

BOOST_AUTO_TEST_CASE(EN12_a_key_that_nobody_asked_for_is_refused) {
  fails_with(job("issue=server-key"), ErrorClass::policy);
}

BOOST_AUTO_TEST_CASE(EN13_base64_is_read_with_and_without_line_breaks_whatever_the_header_says) {
  for (const char* form : {"crlf", "spaces", "one-line", "says-binary"}) {
    const Result result = succeed(job(std::string("cacerts=") + form));
    BOOST_TEST((result.anchors == std::vector<Bytes>{server.content("root.der")}));
  }
}

BOOST_AUTO_TEST_CASE(EN13_armour_and_bare_der_are_refused) {
  keeps_anchors(job("cacerts=armour"), ErrorClass::transport);
  keeps_anchors(job("cacerts=binary"), ErrorClass::transport);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
