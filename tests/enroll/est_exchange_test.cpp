// Requests and answers: passwords, redirects, waiting, refusals, HTTP that is none.
#include <filesystem>
#include <thread>

#include "tests/enroll/enrolment_fixture.h"
#include "tests/wait_until.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using namespace std::chrono_literals;

bool has_password(const nlohmann::json& request) {
  return request.at("headers").contains("authorization");
}

std::ptrdiff_t passwords_sent(const std::vector<nlohmann::json>& requests) {
  return std::count_if(requests.begin(), requests.end(), has_password);
}

std::size_t open_descriptors() {
  using Entries = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Entries("/proc/self/fd"), Entries()));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(est_exchange, EnrolmentFixture)

BOOST_AUTO_TEST_CASE(EN3_a_secret_is_given_when_a_verified_server_asks_for_it) {
  server.allow("gateway", "open sesame", 1);
  succeed(password_job("open sesame"));
  const auto seen = requests("simpleenroll");
  BOOST_REQUIRE(seen.size() == 2U);
  BOOST_TEST(!has_password(seen[0]));
  BOOST_TEST(has_password(seen[1]));
}

BOOST_AUTO_TEST_CASE(EN3_a_secret_that_is_refused_is_tried_once_and_kept) {
  const Job job = password_job("wrong");
  fails_with(job, ErrorClass::credentials);
  BOOST_TEST(passwords_sent(requests()) == 1);
  BOOST_TEST((text_of(job.password->secret) == "wrong"));

  server.allow("gateway", "once", 1);
  succeed(password_job("once"));
  static_cast<void>(server.seen());
  fails_with(password_job("once"), ErrorClass::credentials);
  BOOST_TEST(passwords_sent(requests()) == 1);
}

BOOST_AUTO_TEST_CASE(EN3_a_secret_that_the_server_took_is_told_when_the_job_fails_afterwards) {
  server.allow("gateway", "burnt", 2);
  fails_with(password_job("burnt", "issue=ca"), ErrorClass::unsuitable_certificate);
  BOOST_TEST(agent.secrets_spent == 1);
  fails_with(password_job("burnt", "wait=5"), ErrorClass::waiting);
  BOOST_TEST(agent.secrets_spent == 1);
}

BOOST_AUTO_TEST_CASE(EN3_only_the_expected_scheme_and_realm_get_the_secret) {
  Job job = password_job("open sesame");
  job.password->realm = "another plant";
  fails_with(job, ErrorClass::credentials);
  for (const char* challenge : {"Digest realm=\"plant\", nonce=\"x\"", "Bearer", "Negotiate abcd==", ""})
    fails_with(password_job("open sesame", std::string("challenge=simpleenroll/") + challenge),
               ErrorClass::credentials);
  Job nobody = this->job("challenge=simpleenroll/Basic realm=\"plant\"");
  fails_with(nobody, ErrorClass::credentials);
  BOOST_TEST(passwords_sent(requests()) == 0);
}

BOOST_AUTO_TEST_CASE(EN3_a_name_or_secret_that_basic_can_not_carry_is_not_sent) {
  Job job = password_job("open sesame");
  job.password->user = "gate:way";
  fails_with(job, ErrorClass::policy);
  fails_with(password_job("open\r\nHost: elsewhere"), ErrorClass::policy);
  BOOST_TEST(passwords_sent(requests()) == 0);
}

BOOST_AUTO_TEST_CASE(EN4_redirects_within_the_server_are_followed) {
  succeed(job("redirect=cacerts/301-same"));
  succeed(job("redirect=cacerts/302-relative"));
  succeed(job("redirect=simpleenroll/307-same"));
  const auto seen = requests("simpleenroll");
  BOOST_REQUIRE(seen.size() == 4U);
  BOOST_TEST(text(seen[2], "body") == text(seen[3], "body"));
}

BOOST_AUTO_TEST_CASE(EN4_a_request_for_a_certificate_goes_to_no_other_server) {
  fails_with(job("redirect=simpleenroll/307-other"), ErrorClass::redirect);
  fails_with(job("redirect=simpleenroll/303-same"), ErrorClass::redirect);
  BOOST_TEST(requests("", "elsewhere").empty());
}

BOOST_AUTO_TEST_CASE(EN4_anchors_may_come_from_another_server_that_the_anchors_stand_for) {
  BOOST_TEST(!succeed(job("redirect=cacerts/302-other")).anchors.empty());
  const auto seen = requests("", "elsewhere");
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(text(seen[0], "path").ends_with("/cacerts"));

  fails_with(first_contact(FirstTrust::person, "redirect=cacerts/302-other"), ErrorClass::redirect);
}

BOOST_AUTO_TEST_CASE(EN4_redirects_out_of_tls_or_without_end_are_refused) {
  for (const char* target : {"302-http", "302-file", "308-loop"}) {
    static_cast<void>(server.seen());
    keeps_anchors(job(std::string("redirect=cacerts/") + target), ErrorClass::redirect);
    BOOST_TEST(requests("cacerts").size() <= 4U);
    fails_with(job(std::string("redirect=simpleenroll/") + target), ErrorClass::redirect);
  }
  keeps_anchors(job("redirect=cacerts/302-nowhere"), ErrorClass::transport);
}

BOOST_AUTO_TEST_CASE(EN8_a_server_that_has_to_think_is_asked_again_when_it_says) {
  const std::pair<const char*, int> headers[] = {{"", 60},
                                                 {"0", 1},
                                                 {"-1", 1},
                                                 {"1000000000", 86400},
                                                 {"99999999999999999999999", 86400},
                                                 {"300", 300},
                                                 {"Fri, 31 Dec 1999 23:59:59 GMT", 1},
                                                 {"Fri, 31 Dec 9999 23:59:59 GMT", 86400},
                                                 {"soon", 60}};
  for (const auto& [header, seconds] : headers) {
    const Error error = fail(job(std::string("wait=") + header));
    BOOST_TEST_CONTEXT("Retry-After: " << header) {
      BOOST_TEST((error.error_class() == ErrorClass::waiting));
      BOOST_TEST(error.retry_after().count() == seconds);
    }
  }
}

// What the agent keeps is the request; nothing else has to survive a restart.
BOOST_AUTO_TEST_CASE(EN8_the_same_request_is_sent_again_after_a_restart) {
  Job job = this->job("wait=7");
  fails_with(job, ErrorClass::waiting);
  const auto first = requests("simpleenroll");
  succeed(job);
  const auto second = requests("simpleenroll");
  BOOST_REQUIRE((first.size() == 1U && second.size() == 1U));
  BOOST_TEST(text(first[0], "body") == text(second[0], "body"));

  Job other = this->job("wait=8");
  fails_with(other, ErrorClass::waiting);
  other.request = key.request();
  fails_with(other, ErrorClass::rejected);  // the server has another one
}

BOOST_AUTO_TEST_CASE(EN9_what_a_refusal_says_is_shown_as_far_as_it_is_text) {
  const Error text = fail(job("refuse=simpleenroll/text"));
  BOOST_TEST((text.error_class() == ErrorClass::rejected));
  BOOST_TEST(std::string(text.what()).ends_with("answers 400: the secret has been used [31m before"));
  BOOST_TEST(std::string(fail(job("refuse=simpleenroll/html")).what()).find("script") == std::string::npos);
  BOOST_TEST((fail(job("refuse=simpleenroll/cms")).error_class() == ErrorClass::rejected));
}

BOOST_AUTO_TEST_CASE(EN9_a_refusal_of_ten_megabytes_is_read_as_far_as_it_is_worth_it) {
  const Error huge = fail(job("refuse=simpleenroll/huge"));
  BOOST_TEST((huge.error_class() == ErrorClass::rejected));
  BOOST_TEST(std::string_view(huge.what()).size() < 400U);
}

BOOST_AUTO_TEST_CASE(EN9_a_busy_server_says_when_it_is_less_busy) {
  const Error busy = fail(job("refuse=simpleenroll/busy"));
  BOOST_TEST((busy.error_class() == ErrorClass::transport));
  BOOST_TEST(busy.retry_after().count() == 120);
}

BOOST_AUTO_TEST_CASE(EN15_a_server_that_dawdles_is_given_up) {
  surroundings.limits.total = 300ms;
  fails_with(first_contact(FirstTrust::fingerprint, "slow=cacerts"), ErrorClass::transport);
  fails_with(first_contact(FirstTrust::fingerprint, "stall=cacerts"), ErrorClass::transport);
}

BOOST_AUTO_TEST_CASE(EN15_what_is_no_http_is_no_answer) {
  for (const char* fault : {"cut-off", "length", "chunks", "http09", "garbage", "gzip", "headers", "large"})
    keeps_anchors(job(std::string(fault) + "=cacerts"), ErrorClass::transport);
  for (const auto& request : requests()) BOOST_TEST(!request.at("headers").contains("accept-encoding"));
}

BOOST_AUTO_TEST_CASE(EN15_no_descriptor_is_left_behind) {
  surroundings.limits.total = 300ms;
  const auto fail_by = [this](const std::string& fault) {
    fails_with(first_contact(FirstTrust::fingerprint, fault + "=cacerts"), ErrorClass::transport);
  };
  fail_by("stall");  // whatever a first use leaves open for good
  const std::size_t before = open_descriptors();
  for (const char* fault : {"slow", "stall", "cut-off", "garbage", "large"}) fail_by(fault);
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(EN15_an_ipv6_literal_is_a_host_like_others) {
  Job literal = job();
  if (server.has("ipv6")) {
    const std::string url = server.url("ipv6");
    literal.url = "https://[::1]" + url.substr(url.rfind(':'));
    succeed(literal);
  }
  literal.url = "https://[::1]:1/";  // nobody listens there
  fails_with(literal, ErrorClass::transport);
  literal.url = "https://[::1";
  fails_with(literal, ErrorClass::policy);
}

BOOST_AUTO_TEST_CASE(EN15_a_job_that_is_cancelled_ends_while_it_waits) {
  const Job job = this->job("stall=cacerts");
  std::stop_source source;
  std::jthread canceller([&] {
    wait_until("the request", [&] { return !requests().empty(); });
    source.request_stop();
  });
  BOOST_CHECK_EXCEPTION(static_cast<void>(est::run(job, agent, surroundings, source.get_token())), Error,
                        [](const Error& error) { return error.error_class() == ErrorClass::cancelled; });
}

BOOST_AUTO_TEST_CASE(urls_of_other_kinds_are_refused_before_anybody_is_asked) {
  for (const char* url : {"http://localhost", "ftp://localhost", "https://user@localhost", "https://localhost/est",
                          "https://localhost/.well-known/est/cacerts", "https://localhost/.well-known/est/a/b",
                          "https://localhost/.well-known/est?x", "https://localhost/#x", "localhost", ""}) {
    Job job = this->job();
    job.url = url;
    fails_with(job, ErrorClass::policy);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
