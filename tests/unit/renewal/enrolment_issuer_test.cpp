#include <boost/test/unit_test.hpp>

#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::JobState;
using std::chrono::days;
using tpm::Bytes;

BOOST_FIXTURE_TEST_SUITE(enrolment, test::EnrolmentFixture)

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_made_and_renewed_without_anybody) {
  start("protocol = \"self-signed\"\nslots = [\"web\"]\nlifetime-days = 90\n");
  until(JobState::done);
  before = state.certificate(web)->certificate;
  run_until([&] { return enrolment->renewals().front().validity == agent::validity_of(before); });
  pass(days(61));
  run_until([&] { return !in_use(before); });
  BOOST_TEST(enrolment->jobs().all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_local_authority_issues_by_a_key_of_this_tpm) {
  (void)declare("ca", "tls/tls-server=ec-p256");
  const auto profile = [](const std::string& name, const std::string& text) {
    return agent::ProfileFile{name, agent::parse_profile(name, name, text, agent::ProfileSource::bus), {}};
  };
  profiles = {profile("root", "protocol = \"self-signed\"\nauthority = true\nslots = [\"ca\"]\nlifetime-days = 3650\n"),
              profile("plant", "protocol = \"local-ca\"\nca = \"ca\"\nslots = [\"web\"]\n")};
  restart();
  run_until([&] { return state.certificate({"ca", "tls", "tls-server"}).has_value(); });
  pass(10min);
  run_until([&] { return state.certificate(web).has_value(); });
  const auto issued = agent::parse_certificate(state.certificate(web)->certificate);
  const auto root = agent::parse_certificate(state.certificate({"ca", "tls", "tls-server"})->certificate);
  BOOST_TEST(X509_verify(issued.get(), X509_get0_pubkey(root.get())) == 1);
  BOOST_TEST(X509_check_ca(root.get()) == 1);
}

BOOST_AUTO_TEST_CASE(an_external_authority_gets_the_request_by_hand) {
  start("protocol = \"external\"\nslots = [\"web\"]\n");
  until(JobState::awaiting_certificate);
  const Bytes certificate = ca.sign(job().request);
  restart();
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_certificate));
  (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
    enrolment->install(job().number, certificate, {}, std::move(answer));
  });
  BOOST_TEST(in_use(certificate));
}

BOOST_AUTO_TEST_CASE(a_wrong_file_leaves_the_request_that_somebody_carries) {
  start("protocol = \"external\"\nslots = [\"web\"]\n");
  until(JobState::awaiting_certificate);
  const Bytes request = job().request, certificate = ca.sign(request);
  const std::string needs = job().needs;
  const auto install = [&](const Bytes& brought) {
    return outcome<std::monostate>([&](agent::Answer<std::monostate> answer) {
      enrolment->install(job().number, brought, {}, std::move(answer));
    });
  };
  for (const Bytes& wrong : {ca.sign_unknown_key(), ca.certificate(), Bytes{std::byte{1}}}) {
    BOOST_TEST(install(wrong).index() == 1U);
    BOOST_TEST((job().state == JobState::awaiting_certificate));
    BOOST_TEST((job().request == request));
    BOOST_TEST(job().needs == needs);
    BOOST_TEST(!job().message.empty());
  }
  loop.run_once(50ms);
  BOOST_TEST(install(certificate).index() == 0U);
  BOOST_TEST(in_use(certificate));
  BOOST_TEST(job().message.empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_in_force_is_answered_although_the_profile_of_another_slot_goes_meanwhile) {
  (void)declare("mail", "https/https=ec-p256");
  const auto external = [](const std::string& name, const std::string& slot) {
    const std::string text = "protocol = \"external\"\nslots = [\"" + slot + "\"]\n";
    return agent::ProfileFile{name, agent::parse_profile(name, name, text, agent::ProfileSource::bus), {}};
  };
  const auto remaining = external("plant", "web");
  profiles = {external("office", "mail"), remaining};
  restart();
  const auto of_web = [this] { return enrolment->jobs().under_way(web); };
  run_until([&] { return of_web() != nullptr && of_web()->state == JobState::awaiting_certificate; });
  const agent::Job job = *of_web();
  job_changed = [&](const agent::Job& changed) {
    if (changed.state == JobState::done) enrolment->use_profile_files({remaining});
  };
  const Bytes certificate = ca.sign(job.request);
  (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
    enrolment->install(job.number, certificate, {}, std::move(answer));
  });
  BOOST_TEST(in_use(certificate));
}

BOOST_AUTO_TEST_SUITE_END()
