#include <boost/test/unit_test.hpp>

#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Code;
using agent::JobState;
using std::chrono::days;
using tpm::Bytes;

BOOST_FIXTURE_TEST_SUITE(enrolment, test::EnrolmentFixture)

BOOST_AUTO_TEST_CASE(B2_the_request_verifies_and_names_the_application) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  const dbus::JobWork work = take();
  const Bytes certificate = ca.sign(work.request);  // which throws unless it verifies
  BOOST_TEST(agent::uris_of(certificate).front() == state.application("web")->application_uri);
  BOOST_TEST(!agent::host_names_of(certificate).dns_names.empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_delivered_goes_into_force_and_the_job_is_done) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  const dbus::JobWork work = take();
  BOOST_TEST(work.protocol == "est");
  BOOST_TEST(work.operation == "enroll");
  BOOST_TEST(work.credential == "secret");
  BOOST_TEST(work.trust == "implicit");
  BOOST_TEST(work.key_usage == "tls-server");
  const Bytes certificate = ca.sign(work.request);
  BOOST_TEST(deliver(certificate).index() == 0U);
  BOOST_TEST((job().state == JobState::done));
  BOOST_TEST(in_use(certificate));
  BOOST_TEST(!pending());
}

BOOST_AUTO_TEST_CASE(A15_renewal_runs_with_the_certificate_and_no_secret) {
  start_due(by_secret);
  const dbus::JobWork work = take();
  BOOST_TEST(work.operation == "renew");
  BOOST_TEST(work.credential == "certificate");
  BOOST_TEST(work.identity_key == "edgeseal:web/https/https");
  BOOST_TEST((work.current_certificate == before));
  BOOST_TEST(!work.secret);
  const Bytes certificate = ca.sign(work.request);
  (void)deliver(certificate);
  BOOST_TEST(in_use(certificate));
}

BOOST_AUTO_TEST_CASE(B6_a_new_key_each_time_or_the_same_as_the_profile_says) {
  start_due(by_secret);
  const auto first = state.certificate(web)->key_id;
  complete();
  BOOST_TEST((state.certificate(web)->key_id != first));
  const auto second = state.certificate(web)->key_id;
  start(by_secret + "[request]\nsame-key = true\n");
  (void)enrolment->renew("web");
  complete();
  BOOST_TEST((state.certificate(web)->key_id == second));
}

BOOST_AUTO_TEST_CASE(EN8_a_postponed_request_comes_again_as_it_was_also_after_a_restart) {
  start_due(by_secret);
  const Bytes request = take().request;
  enrolment->postpone(job().number, runner, 0s, {std::byte{5}});
  BOOST_TEST((job().state == JobState::scheduled));
  BOOST_TEST((enrolment->next_try(web).value() - now == 60s));
  restart();
  pass(61s);
  const dbus::JobWork work = take();
  BOOST_TEST((work.request == request));
  BOOST_TEST((work.continuation == Bytes{std::byte{5}}));
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(B3_a_request_without_an_answer_for_too_long_is_made_anew) {
  start_due(by_secret + "[schedule]\ngive-up-hours = 48\n");
  const Bytes request = take().request;
  pass(49h);
  enrolment->postpone(job().number, runner, 60s, {});
  pass_pause();
  BOOST_TEST((take().request != request));
}

BOOST_AUTO_TEST_CASE(EN9_a_try_that_failed_comes_again_with_the_same_request) {
  start_due(by_secret);
  const Bytes request = take().request;
  fail("transport");
  BOOST_TEST((job().state == JobState::scheduled));
  BOOST_TEST(job().error_class == "transport");
  pass_pause();
  BOOST_TEST((take().request == request));
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(B4_a_refused_request_is_dropped_and_its_key_replaced) {
  start_due(by_secret);
  const Bytes request = take().request;
  const auto key = job().key;
  fail("rejected");
  pass_pause();
  BOOST_TEST((take().request != request));
  BOOST_TEST(!state.key(key));
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(B5_a_certificate_for_another_key_is_not_installed) {
  start_due(by_secret);
  (void)take();
  const auto outcome = deliver(ca.sign_unknown_key());
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(outcome));
  BOOST_TEST((std::get<agent::Error>(outcome).code() == Code::security_checks_failed));
  BOOST_TEST((job().state == JobState::scheduled));
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(EN7_the_certificate_of_an_authority_is_not_installed) {
  test::CertificateFields fields = test::authority_fields("authority that may not sign certificates");
  fields.key_usage = "critical,digitalSignature";
  const test::Authority silent(fields, EVP_EC_gen("P-256"), nullptr);
  start_due(by_secret);
  for (const test::Authority* authority : {&plant, &silent}) {
    (void)take();
    const auto outcome = deliver(authority->certificate());
    BOOST_REQUIRE(std::holds_alternative<agent::Error>(outcome));
    BOOST_TEST((std::get<agent::Error>(outcome).code() == Code::certificate_policy_check_failed));
    BOOST_TEST(in_use(before));
    pass_pause();
  }
}

BOOST_AUTO_TEST_CASE(while_somebody_inhibits_changes_the_certificate_is_kept) {
  start_due(by_secret);
  const Bytes certificate = ca.sign(take().request);
  busy = true;
  BOOST_TEST(deliver(certificate).index() == 0U);
  BOOST_TEST(in_use(before));
  restart();
  busy = false;
  pass(61s);
  until(JobState::done);
  BOOST_TEST(in_use(certificate));
}

BOOST_AUTO_TEST_CASE(EN23_modifications_are_told_once_the_certificate_is_in_force) {
  start_due(by_secret);
  BOOST_TEST(job().message == "");
  const auto enrolled = [&] { return std::ranges::find(audited, "certificate-enrolled", &AuditEntry::kind); };
  BOOST_TEST(enrolled()->fields.at("modified") == "false");
  audited.clear();
  const dbus::JobCertificate granted{ca.sign(take().request), {}, true};
  busy = true;
  (void)deliver(granted);
  BOOST_TEST(job().error_class == "ServerTooBusy");
  restart();
  busy = false;
  pass(61s);
  until(JobState::done);
  BOOST_TEST(in_use(granted.certificate));
  BOOST_TEST(job().message.find("with modifications") != std::string::npos);
  BOOST_TEST(job().error_class == "");
  BOOST_TEST(enrolled()->fields.at("modified") == "true");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_done_has_no_error_of_an_earlier_try) {
  start_due(by_secret);
  (void)take();
  fail("transport");
  BOOST_TEST(job().message == "it did not work");
  pass_pause();
  complete();
  BOOST_TEST(job().error_class == "");
  BOOST_TEST(job().message == "");
}

BOOST_AUTO_TEST_CASE(the_request_of_a_person_is_left_alone) {
  start_due(by_secret);
  until(JobState::ready);
  enrolment->cancel(job().number);
  dbus::SigningRequestOptions options;
  options.regenerate_private_key = true;
  (void)request(web, options);
  const auto theirs = pending()->id;
  pass(days(1));
  run_until([&] { return job().error_class == "InvalidState"; });
  BOOST_TEST((pending()->id == theirs));
}

BOOST_AUTO_TEST_CASE(A4_a_url_wins_over_what_could_be_found) {
  const std::string more =
      "discover = \"_est._tcp\"\n[trust]\nfirst-contact = \"person\"\n[credentials]\nfirst = [\"secret\"]\n";
  start(est(more));
  (void)enrolment->enroll("plant", "", secret());
  const dbus::JobWork named = take();
  BOOST_TEST(named.url == url);
  BOOST_TEST(named.discover.empty());
  enrolment->cancel(job().number);
  start("protocol = \"est\"\nslots = [\"web/https/https\"]\n" + more);
  (void)enrolment->enroll("plant", "", secret());
  const dbus::JobWork found = take();
  BOOST_TEST(found.url.empty());
  BOOST_TEST(found.discover == "_est._tcp");
  BOOST_TEST(found.discover_domain == "local");
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_with_an_open_job_holds_up_no_other_renewal) {
  start_due(by_secret);
  (void)take();
  const agent::Slot other = declare("other", "https/https=ec-p256");
  damage_certificates("web");
  std::string both = by_secret;
  both.insert(both.find("\"web/"), "\"other/https/https\", ");
  start(both);
  run_until([&] { return job().slot == other && job().state == JobState::awaiting_credential; });
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_is_replaced_also_after_a_restart) {
  start_due(by_secret);
  until(JobState::ready);
  damage_certificates("web");
  restart();
  (void)enrolment->enroll("plant", "", secret());
  complete();
  BOOST_TEST(state.certificate(web).has_value());
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_is_replaced_by_itself_where_nobody_asks_for_a_credential) {
  start("protocol = \"helper\"\nhelper = \"step\"\nslots = [\"web/https/https\"]\n[trust]\nanchors = [\"\"\"" +
        agent::pem("CERTIFICATE", plant.certificate()) + "\"\"\"]\n");
  complete();
  damage_certificates("web");
  enrolment->look();
  complete();
  BOOST_TEST(state.certificate(web).has_value());
  BOOST_TEST(enrolment->jobs().all().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
