#include <boost/test/unit_test.hpp>

#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::JobState;
using tpm::Bytes;

namespace {

const std::string external = "protocol = \"external\"\nslots = [\"web\"]\n";
const std::string other_name = "gateway.example.com";
const std::string other_names = "[request]\ndns-names = [\"" + other_name + "\"]\n";

// The profile changes while a job is under way.
struct ChangedProfile : test::EnrolmentFixture {
  const std::string by_person = est("[trust]\nfirst-contact = \"person\"\n");
  const std::string by_anchor =
      est("[trust]\nanchors = [\"\"\"" + agent::pem("CERTIFICATE", plant.certificate()) + "\"\"\"]\n");

  void propose() {
    start_due(by_secret);
    start(by_person);
    (void)take();
    enrolment->propose(job().number, runner, {{plant.certificate(), "pki.plant.example"}});
  }
  [[nodiscard]] bool has_other_name(const Bytes& request) {
    return agent::host_names_of(ca.sign(request)).dns_names == std::vector<std::string>{other_name};
  }
  void until_other_name() {
    run_until([&] { return job().state == JobState::ready && has_other_name(job().request); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(enrolment_changes, ChangedProfile)

BOOST_AUTO_TEST_CASE(a_job_whose_certificate_somebody_was_to_bring_goes_on_where_a_server_issues_it) {
  start_due(by_secret);
  start(external);
  until(JobState::awaiting_certificate);
  const Bytes carried = job().request;
  change_profile(by_secret);
  const dbus::JobWork work = take();
  BOOST_TEST((work.request != carried));
  BOOST_TEST(work.protocol == "est");
  BOOST_TEST(enrolment->jobs().all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_job_goes_on_where_nobody_has_to_approve_an_authority_any_more) {
  propose();
  const Bytes request = job().request;
  change_profile(by_anchor);
  const dbus::JobWork work = take();
  BOOST_TEST(work.trust == "explicit");
  BOOST_TEST((work.request == request));
  BOOST_TEST(job().proposed.empty());
}

BOOST_AUTO_TEST_CASE(a_job_goes_on_where_no_credential_is_needed_any_more) {
  start(by_secret);
  until(JobState::awaiting_credential);
  change_profile("protocol = \"self-signed\"\nslots = [\"web\"]\n");
  until(JobState::done);
}

BOOST_AUTO_TEST_CASE(the_approval_of_one_authority_is_none_of_another) {
  propose();
  enrolment->approve(job().number, agent::sha256(plant.certificate()));
  const Bytes request = job().request;
  const auto at = by_person.find("https://pki");
  change_profile(std::string(by_person).replace(at, 11, "https://ca"));
  const dbus::JobWork work = take();
  BOOST_TEST(work.trust == "person");
  BOOST_TEST(work.anchors.empty());
  BOOST_TEST((work.request != request));
}

BOOST_AUTO_TEST_CASE(a_request_with_names_of_before_is_not_sent_again) {
  start_due(by_secret);
  (void)take();
  fail("transport");
  change_profile(by_secret + other_names);
  BOOST_TEST(has_other_name(take().request));
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(who_gives_another_secret_sends_the_names_of_now) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  fail("credentials", true);
  change_profile(by_secret + other_names);
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_credential));
  enrolment->set_secret(job().number, *secret("another one"));
  BOOST_TEST(has_other_name(take().request));
}

BOOST_AUTO_TEST_CASE(a_request_that_nobody_has_taken_yet_is_made_anew) {
  start_due(by_secret);
  until(JobState::ready);
  change_profile(by_secret + other_names);
  until_other_name();
}

BOOST_AUTO_TEST_CASE(a_request_that_is_being_made_is_made_anew) {
  start_due(by_secret);
  until(JobState::preparing);
  change_profile(by_secret + other_names);
  until_other_name();
}

BOOST_AUTO_TEST_CASE(a_request_for_a_key_of_before_is_made_anew) {
  start_due(by_secret);
  until(JobState::ready);
  agent::ApplicationRecord application = *state.application("web");
  application.slots = {agent::SlotDeclaration::parse("https/https=rsa-2048")};
  applications.declare(application);
  enrolment->look();
  run_until([&] { return pending() && pending()->algorithm == tpm::KeyAlgorithm::rsa_2048; });
  (void)take();
}

BOOST_AUTO_TEST_CASE(what_somebody_has_taken_goes_on_to_its_end) {
  start_due(by_secret);
  const Bytes certificate = ca.sign(take().request);
  change_profile(by_secret + other_names);
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::running));
  BOOST_TEST(deliver(certificate).index() == 0U);
  BOOST_TEST(in_use(certificate));
}

BOOST_AUTO_TEST_CASE(a_request_stays_where_the_profile_asks_for_the_same_of_the_same) {
  start(external);
  until(JobState::awaiting_certificate);
  const agent::Job waiting = job();
  change_profile("# for now\n" + external + "[schedule]\nrenew-days-before = 20\n");
  loop.run_once(50ms);
  BOOST_TEST((job() == waiting));
}

BOOST_AUTO_TEST_CASE(a_request_of_an_older_version_stays) {
  start_due(by_secret);
  const Bytes request = take().request;
  store_with([](agent::Job& job) { job.terms.clear(); });
  start(by_secret + other_names);
  BOOST_TEST((take().request == request));
}

BOOST_AUTO_TEST_SUITE_END()
