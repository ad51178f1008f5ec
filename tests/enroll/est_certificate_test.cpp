// What is issued, and what is asked for.
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
  job.rules.extended_key_usages = {"1.3.6.1.5.5.7.3.1"};
  succeed(job);
}

BOOST_AUTO_TEST_CASE(EN10_wishes_that_are_not_there_are_no_wishes) {
  for (const char* answer : {"204", "404", "empty", "nothing"}) {
    succeed(job(std::string("attributes=") + answer));
    BOOST_TEST((agent.wishes.back() == RequestedAttributes{}));
  }
}

BOOST_AUTO_TEST_CASE(EN10_unknown_wishes_are_passed_over) {
  succeed(job("attributes=unknown"));
  BOOST_TEST(agent.wishes.back().key_type.empty());
  succeed(job("attributes=large"));
  BOOST_TEST(agent.wishes.back().identifiers.size() == 64U);
}

BOOST_AUTO_TEST_CASE(EN10_malformed_wishes_are_passed_over_or_end_the_job) {
  for (const char* answer : {"malformed", "not-a-sequence"}) {
    Job job = this->job(std::string("attributes=") + answer);
    succeed(job);
    BOOST_TEST((agent.wishes.back() == RequestedAttributes{}));
    job.request_attributes = RequestAttributes::insist;
    fails_with(job, ErrorClass::transport);
  }
}

// The agent knows what the slot may have; an EC key stays one.
BOOST_AUTO_TEST_CASE(EN10_a_wish_for_another_key_changes_none) {
  succeed(job("attributes=rsa"));
  BOOST_TEST(agent.wishes.back().key_type == "1.2.840.113549.1.1.1");
  BOOST_TEST(agent.wishes.back().modulus_bits == 4096);
  BOOST_TEST((requested_certificate(agent.made).public_key.get() != nullptr));
  BOOST_TEST(EVP_PKEY_is_a(requested_certificate(agent.made).public_key.get(), "EC") == 1);
}

BOOST_AUTO_TEST_CASE(EN10_legacy_wishes_are_understood) {
  succeed(job("attributes=legacy"));
  const RequestedAttributes wishes = agent.wishes.back();
  BOOST_TEST(wishes.challenge_password);
  BOOST_TEST(wishes.curve == "1.3.132.0.34");
  BOOST_TEST((wishes.identifiers == std::vector<std::string>{"1.2.840.10045.4.3.3"}));
  succeed(job("attributes=extension"));
  BOOST_REQUIRE(agent.wishes.back().extensions.size() == 1U);
  BOOST_TEST(agent.wishes.back().extensions[0].type == "2.5.29.17");
  BOOST_TEST(agent.wishes.back().extensions[0].value.has_value());
}

BOOST_AUTO_TEST_CASE(EN10_a_template_alone_counts_where_there_is_one) {
  for (const char* answer : {"template", "both"}) {
    succeed(job(std::string("attributes=") + answer));
    const RequestedAttributes wishes = agent.wishes.back();
    BOOST_TEST((wishes.subject == std::vector<NameAttribute>{{"2.5.4.10", "Werk Süd"}, {"2.5.4.3", std::nullopt}}));
    BOOST_TEST(wishes.key_type == "1.2.840.10045.2.1");
    BOOST_TEST(wishes.curve == "1.3.132.0.34");
    BOOST_TEST((wishes.extensions == std::vector<RequestedExtension>{{"2.5.29.17", std::nullopt}}));
    BOOST_TEST(!wishes.challenge_password);
  }
  succeed(job("attributes=rsa-template"));
  BOOST_TEST(agent.wishes.back().modulus_bits == 3072);
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
  agent.common_name = "somebody else";
  fails_with(renewal(), ErrorClass::policy);
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
    const Result result = succeed(trust_job(std::string("cacerts=") + form));
    BOOST_TEST((result.anchors == std::vector<Bytes>{server.content("root.der")}));
  }
}

BOOST_AUTO_TEST_CASE(EN13_armour_and_bare_der_are_refused) {
  fails_with(trust_job("cacerts=armour"), ErrorClass::transport);
  fails_with(trust_job("cacerts=binary"), ErrorClass::transport);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
