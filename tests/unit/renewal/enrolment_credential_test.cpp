#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Code;
using agent::JobState;
using std::chrono::days;
using test::has_code;
using tpm::Bytes;

namespace {

const std::string by_credential =
    "protocol = \"cmp\"\nurl = \"http://pki.example.com\"\nslots = [\"web/https/https\"]\n"
    "[trust]\nfirst-contact = \"system\"\n"
    "[credentials]\nfirst = [\"secret\"]\nsecret = \"edgeseal.secret\"\n";

// A secret comes as a credential of systemd.
struct SystemdCredential : test::EnrolmentFixture {
  void put(const std::string& text, const std::string& line_end = "\n") const {
    std::filesystem::create_directory(directory.file("credentials"));
    std::ofstream(directory.file("credentials/edgeseal.secret")) << text << line_end;
  }
  [[nodiscard]] std::size_t told() const {
    return static_cast<std::size_t>(
        std::ranges::count(audited, "enrolment-held-up", [](const AuditEntry& entry) { return entry.kind; }));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(enrolment, test::EnrolmentFixture)

BOOST_AUTO_TEST_CASE(A11_without_any_credential_the_job_says_so_and_does_not_loop) {
  start(by_secret);
  until(JobState::awaiting_credential);
  BOOST_TEST(job().needs.find("credentials required") == 0U);
  pass(days(300));
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_credential));
  BOOST_TEST(!pending());
}

BOOST_AUTO_TEST_CASE(EN3_the_realm_goes_with_the_secret_and_with_nothing_else) {
  start_due(by_secret + "realm = \"plant\"\n");
  BOOST_TEST(take().realm.empty());
  fail("expired-needs-bootstrap");
  (void)enrolment->enroll("plant", "", secret());
  BOOST_TEST(take().realm == "plant");
}

BOOST_AUTO_TEST_CASE(A12_a_secret_that_was_spent_is_erased_and_stands_nowhere) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  const dbus::JobWork work = take();
  BOOST_REQUIRE(work.secret.has_value());
  BOOST_TEST(work.secret->size() == 21U);
  fail("credentials", true);
  BOOST_TEST((job().state == JobState::awaiting_credential));
  BOOST_TEST(!state_holds("correct horse"));
  pass(days(30));
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_credential));
  enrolment->set_secret(job().number, *secret("another one"));
  BOOST_TEST(take().secret->size() == 11U);
}

BOOST_AUTO_TEST_CASE(EN21_a_secret_that_whoever_listens_would_guess_is_refused_when_it_is_given) {
  start(
      "protocol = \"cmp\"\nurl = \"http://pki.example.com\"\nslots = [\"web/https/https\"]\n"
      "[trust]\nfirst-contact = \"system\"\n[credentials]\nfirst = [\"secret\"]\n");
  for (const char* weak : {"0123456789abcdef012", "1111111111111111111111111111111111111111"}) {
    BOOST_CHECK_EXCEPTION((void)enrolment->enroll("plant", "", secret(weak)), agent::Error,
                          has_code(Code::invalid_argument));
  }
  (void)enrolment->enroll("plant", "", secret("0123456789abcdef0123"));
  BOOST_CHECK_EXCEPTION(enrolment->set_secret(job().number, *secret("0123456789abcdef012")), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_TEST(take().secret->size() == 20U);
}

BOOST_FIXTURE_TEST_CASE(EN21_a_credential_that_whoever_listens_would_guess_is_refused_once, SystemdCredential) {
  put("0123456789abcdef012");
  start(by_credential);
  until(JobState::awaiting_credential);
  BOOST_TEST(job().needs.find("the secret has less than 80 bits") != std::string::npos);
  BOOST_TEST(job().needs.find("remedy: ") != std::string::npos);
  pass(days(300));
  loop.run_once(50ms);
  restart();
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_credential));
  BOOST_TEST(!pending());
  BOOST_TEST(told() == 1U);
}

BOOST_FIXTURE_TEST_CASE(EN21_another_credential_is_used_from_the_next_start_on, SystemdCredential) {
  put("0123456789abcdef012");
  start(by_credential);
  until(JobState::awaiting_credential);
  put("0123456789abcdef0123");
  restart();
  BOOST_TEST(take().secret->size() == 20U);
  fail("credentials");
  restart();
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_credential));  // and not again, for the authority refused it
}

BOOST_FIXTURE_TEST_CASE(a_line_end_of_whatever_system_is_none_of_a_credential, SystemdCredential) {
  for (const char* line_end : {"", "\n", "\r\n"}) {
    put("0123456789abcdef0123", line_end);
    start(by_credential);
    BOOST_TEST(take().secret->size() == 20U);
  }
}

BOOST_FIXTURE_TEST_CASE(EN21_a_weak_secret_is_good_for_tls_and_no_more_where_the_profile_leaves_it, SystemdCredential) {
  put("0123456789abcdef012");
  const auto at = by_credential.find("http://");
  start(std::string(by_credential).replace(at, 7, "https://"));
  until(JobState::ready);
  start(by_credential);
  until(JobState::awaiting_credential);
  BOOST_TEST(job().needs.find("the secret has less than 80 bits") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(EN11_an_authority_that_wants_an_enrolment_anew_gets_one_only_with_a_credential) {
  start_due(by_secret);
  (void)take();
  fail("expired-needs-bootstrap");
  pass_pause();
  until(JobState::awaiting_credential);
  BOOST_TEST(in_use(before));
  (void)enrolment->enroll("plant", "", secret());
  BOOST_TEST(take().credential == "secret");
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_device_identity_is_said_by_the_job_that_needs_it_and_holds_up_no_other) {
  start(est("[trust]\nfirst-contact = \"system\"\n[credentials]\nfirst = [\"device-identity\"]\n"));
  until(JobState::awaiting_credential);
  loop.run_once(50ms);  // it looks once more after that
  agent::DeviceIdentity::Wish idevid;
  idevid.product_instance_uri = "urn:example.com:gateway:4711";
  (void)value<Bytes>([&](agent::Answer<Bytes> answer) {
    identity.create_self_signed(owner, idevid, std::nullopt, std::move(answer));
  });
  damage_certificates("device");
  enrolment->look();
  until(JobState::scheduled);
  BOOST_TEST(job().message.find("was damaged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_name_that_this_device_lacks_is_said_before_somebody_takes_the_job) {
  start(by_secret + "user = \"{device-uri}\"\n");
  (void)enrolment->enroll("plant", "", secret());
  until(JobState::scheduled);
  run_until([&] { return job().message.find("nothing for {device-uri}") != std::string::npos; });
  BOOST_TEST(announced.empty());
}

BOOST_AUTO_TEST_CASE(A12_a_secret_that_came_while_another_one_was_refused_is_tried_at_once) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  enrolment->set_secret(job().number, *secret("another one"));
  fail("credentials", true);
  BOOST_TEST((job().state == JobState::scheduled));
  BOOST_TEST(take().secret->size() == 11U);
}

BOOST_AUTO_TEST_CASE(a_secret_is_not_to_blame_where_the_certificate_was_refused) {
  start_due(by_secret);
  BOOST_TEST(take().credential == "certificate");
  (void)enrolment->enroll("plant", "", secret());
  now = agent::validity_of(before).end + 1s;
  fail("auth-refused");
  BOOST_TEST((job().state == JobState::scheduled));
}

BOOST_AUTO_TEST_CASE(A12_enrolling_again_with_another_secret_is_enough_where_one_was_spent) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  fail("credentials", true);
  (void)enrolment->enroll("plant", "", secret("another one"));
  BOOST_TEST(take().secret->size() == 11U);
}

BOOST_AUTO_TEST_SUITE_END()
