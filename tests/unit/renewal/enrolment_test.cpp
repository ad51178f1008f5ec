#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

#include "agent/certificate.h"
#include "agent/renewal/certificate_validity.h"
#include "tests/unit/renewal/enrolling_gateway.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Code;
using agent::JobState;
using agent::KeyStatus;
using std::chrono::days;
using test::has_code;
using tpm::Bytes;

namespace {

struct Fixture : test::EnrollingGateway {
  const std::string by_secret = est("[trust]\nfirst-contact = \"system\"\n[credentials]\nfirst = [\"secret\"]\n");

  // With a certificate, whose lifetime has passed as far as to the renewal.
  void start_due(const std::string& profile) {
    start(profile);
    (void)enrolment->enroll("plant", "", secret());
    complete();
    before = state.certificate(web)->certificate;
    const auto validity = agent::validity_of(before);
    run_until([&] { return enrolment->renewals().front().validity == validity; });  // before time passes
    pass(agent::renewal_due(validity, {}, 0) - now + 1s);
  }
  [[nodiscard]] static std::optional<agent::SecretBytes> secret(const std::string& text = "correct horse battery") {
    return agent::SecretBytes(std::as_bytes(std::span(text)));
  }
  [[nodiscard]] bool state_holds(const std::string& text) const {
    for (const char* name : {"state/state.db", "state/state.db-wal"}) {
      std::ifstream file(directory.file(name), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(file)), {});
      if (content.find(text) != std::string::npos) return true;
    }
    return false;
  }

  // As the agent leaves it where it ends at that moment.
  void store_with(const std::function<void(agent::Job&)>& edit) {
    enrolment.reset();
    agent::JobRecord record = agent::decode_jobs(*state.record(agent::jobs_record));
    edit(record.jobs.back());
    state.put_record(agent::jobs_record, encode(record));
  }

  Bytes before;
  const test::Authority plant{"plant CA"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(enrolment, Fixture)

BOOST_AUTO_TEST_CASE(A11_without_any_credential_the_job_says_so_and_does_not_loop) {
  start(by_secret);
  until(JobState::awaiting_credential);
  BOOST_TEST(job().needs.find("credentials required") == 0U);
  pass(days(300));
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::awaiting_credential));
  BOOST_TEST(!pending());
}

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
  start_due(by_secret);
  (void)take();
  const auto outcome = deliver(plant.certificate());
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(outcome));
  BOOST_TEST((std::get<agent::Error>(outcome).code() == Code::certificate_policy_check_failed));
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(EN34_a_restart_hands_out_the_same_request_with_the_same_key) {
  start_due(by_secret);
  const Bytes request = take().request;
  const auto key = pending()->id;
  restart();
  BOOST_TEST((take().request == request));
  BOOST_TEST((pending()->id == key));
}

BOOST_AUTO_TEST_CASE(EN34_a_runner_that_leaves_the_bus_leaves_the_job_to_the_next) {
  start_due(by_secret);
  const Bytes request = take().request;
  enrolment->runner_vanished(runner);
  pass_pause();
  BOOST_TEST((take().request == request));
}

BOOST_AUTO_TEST_CASE(a_runner_that_is_silent_for_too_long_loses_the_job) {
  start_due(by_secret);
  (void)take();
  pass(601s);
  until(JobState::scheduled);
  BOOST_TEST(cancelled.size() == 1U);
  BOOST_CHECK_EXCEPTION(fail("transport"), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(EN34_a_key_that_was_made_for_a_cancelled_job_when_the_agent_ended_goes_at_its_start) {
  start_due(by_secret);
  until(JobState::ready);
  store_with([](agent::Job& job) {
    job.state = JobState::cancelled;
    job.request.clear();
    job.key = {};
  });
  restart();
  run_until([&] { return !pending(); });
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_CASE(EN34_a_key_that_was_being_made_when_the_agent_ended_is_replaced_and_goes_with_its_job) {
  start_due(by_secret);
  until(JobState::ready);
  const auto half_made = pending()->id;
  store_with([](agent::Job& job) {
    job.state = JobState::preparing;
    job.request.clear();
    job.key = {};
  });
  restart();
  until(JobState::ready);
  BOOST_TEST((pending()->id != half_made));
  enrolment->cancel(job().number);
  BOOST_TEST(!pending());
}

BOOST_AUTO_TEST_CASE(EN34_a_job_that_got_what_it_waited_for_goes_on_after_a_restart) {
  start_due(by_secret);
  start(est("[trust]\nfirst-contact = \"person\"\n"));
  (void)take();
  enrolment->propose(job().number, runner, {{plant.certificate(), "pki.plant.example"}});
  restart();
  BOOST_TEST((job().state == JobState::awaiting_approval));
  enrolment->approve(job().number, agent::sha256(plant.certificate()));
  restart();
  BOOST_TEST(take().trust == "explicit");
}

BOOST_AUTO_TEST_CASE(a_job_whose_key_somebody_has_replaced_leaves_that_request_alone) {
  start_due(by_secret);
  until(JobState::ready);
  dbus::SigningRequestOptions options;
  options.regenerate_private_key = true;
  (void)request(web, options);
  const auto theirs = pending()->id;
  BOOST_CHECK_EXCEPTION((void)take(), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST((job().state == JobState::scheduled));
  pass_pause();
  run_until([&] { return job().message.find("somebody has a request") == 0U; });
  BOOST_TEST((pending()->id == theirs));
}

BOOST_AUTO_TEST_CASE(a_job_that_nobody_can_run_says_why_and_is_announced_again) {
  start_due(by_secret);
  until(JobState::ready);
  enrolment->service_missing("Unit edgeseal-enroll.service is masked.");
  BOOST_TEST(job().stage.find("nobody runs jobs: Unit edgeseal-enroll.service is masked.") == 0U);
  BOOST_TEST(job().stage.find("remedy: ") != std::string::npos);
  BOOST_TEST((job().state == JobState::ready));
  announced.clear();
  pass(299s);
  loop.run_once(50ms);
  BOOST_TEST(announced.empty());
  pass(2s);
  run_until([&] { return !announced.empty(); });
  (void)take();
  BOOST_TEST(job().stage == "taken");
}

BOOST_AUTO_TEST_CASE(a_job_that_came_while_the_service_ended_is_announced_again) {
  start_due(by_secret);
  until(JobState::ready);
  announced.clear();
  enrolment->service_left();
  pass(2s);
  run_until([&] { return !announced.empty(); });
  BOOST_TEST(announced.front() == job().number);
}

BOOST_AUTO_TEST_CASE(a_service_that_ends_without_a_job_is_left_alone) {
  start_due(by_secret);
  (void)take();
  announced.clear();
  enrolment->service_left();
  enrolment->service_missing("nobody is there");
  BOOST_TEST(job().stage == "taken");
  pass(400s);
  loop.run_once(50ms);
  BOOST_TEST(announced.empty());
}

BOOST_AUTO_TEST_CASE(a_job_belongs_to_who_took_it) {
  start_due(by_secret);
  (void)take();
  BOOST_CHECK_EXCEPTION(enrolment->report(job().number, ":1.99", "done"), agent::Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION((void)enrolment->take(job().number, ":1.99", 1), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_job_are_lent_for_as_long_as_it_runs) {
  start_due(by_secret);
  (void)take();
  const auto pending_key = pending()->id, active = state.certificate(web)->key_id;
  BOOST_TEST(lent.has(pending_key, runner_account));
  BOOST_TEST(lent.has(active, runner_account));
  BOOST_TEST(!lent.has(active, runner_account + 1));
  fail("transport");
  BOOST_TEST(!lent.has(pending_key, runner_account));
  BOOST_TEST(!lent.has(active, runner_account));
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_leaves_no_key_and_the_certificate_in_use) {
  start_due(by_secret);
  until(JobState::ready);
  enrolment->cancel(job().number);
  BOOST_TEST((job().state == JobState::cancelled));
  BOOST_TEST(!pending());
  BOOST_TEST(in_use(before));
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

BOOST_AUTO_TEST_CASE(EN14_a_certificate_that_had_ended_by_a_wrong_clock_renews_itself_when_it_is_right) {
  start_due(by_secret);
  until(JobState::ready);
  enrolment->cancel(job().number);
  const auto right = now;
  pass(days(4000));
  until(JobState::awaiting_credential);
  now = right + 2h;
  enrolment->look();
  BOOST_TEST(take().credential == "certificate");
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

BOOST_AUTO_TEST_CASE(the_first_trust_of_a_person_goes_into_force_with_the_certificate) {
  start(est("[trust]\nfirst-contact = \"person\"\ngroup = \"web/https\"\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  BOOST_TEST(take().trust == "person");
  enrolment->propose(job().number, runner, {{plant.certificate(), "pki.plant.example"}});
  BOOST_TEST((job().state == JobState::awaiting_approval));
  BOOST_TEST(job().needs.find("pki.plant.example shows " + agent::hexadecimal(agent::sha256(plant.certificate()))) !=
             std::string::npos);
  BOOST_CHECK_EXCEPTION(enrolment->approve(job().number, Bytes(32)), agent::Error, has_code(Code::invalid_argument));
  enrolment->approve(job().number, agent::sha256(plant.certificate()));
  const dbus::JobWork work = take();
  BOOST_TEST(work.trust == "explicit");
  BOOST_TEST((work.anchors == std::vector<Bytes>{plant.certificate()}));
  enrolment->deliver_anchors(job().number, runner, {plant.certificate()}, {});
  BOOST_TEST(deliver(ca.sign(work.request)).index() == 0U);
  BOOST_TEST((lists.record({"web", "https"}).list.trusted_certificates == std::vector<Bytes>{plant.certificate()}));
}

BOOST_AUTO_TEST_CASE(EN6_an_anchor_that_nobody_vouches_for_is_refused) {
  start(est("[trust]\ngroup = \"web/https\"\nanchors = [\"\"\"" + agent::pem("CERTIFICATE", plant.certificate()) +
            "\"\"\"]\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  const test::Authority stranger("stranger");
  BOOST_CHECK_EXCEPTION(enrolment->deliver_anchors(job().number, runner, {stranger.certificate()}, {}), agent::Error,
                        has_code(Code::certificate_untrusted));
}

BOOST_AUTO_TEST_CASE(notices_come_as_the_end_comes_near) {
  start_due(by_secret);
  const auto end = agent::validity_of(before).end;
  for (const auto& [left, notice] : {std::pair(days(6), "7"), {days(5), "7"}, {days(1), "1"}}) {
    now = end - left;
    enrolment->look();
    run_until([&, expected = std::string("web/https/https ") + notice] {
      return !notices.empty() && notices.back() == expected;
    });
  }
  BOOST_TEST(notices == (std::vector<std::string>{"web/https/https 7", "web/https/https 1"}),
             boost::test_tools::per_element());
}

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

BOOST_AUTO_TEST_SUITE_END()
