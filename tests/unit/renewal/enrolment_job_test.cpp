#include <boost/test/unit_test.hpp>

#include "agent/renewal/enrolment_ports.h"
#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Code;
using agent::JobState;
using std::chrono::days;
using test::has_code;
using tpm::Bytes;

namespace {

const std::string mistake = "plant.toml:1: protocol is missing";

// The agent starts with a mistake in the profile.
struct MistakenProfile : test::EnrolmentFixture {
  const std::string external = "protocol = \"external\"\nslots = [\"web\"]\n";

  void restart_with_mistake() {
    good = std::exchange(profiles, {{"plant", {}, mistake}});
    restart();
    pass(days(1));
    loop.run_once(50ms);
  }
  void mend() {
    profiles = good;
    enrolment->use_profile_files(profiles);
  }
  [[nodiscard]] bool is_held_up(JobState in) { return job().state == in && pending().has_value(); }

  std::vector<agent::ProfileFile> good;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(enrolment, test::EnrolmentFixture)

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

BOOST_AUTO_TEST_CASE(a_job_that_could_not_be_handed_out_comes_again_with_the_same_request) {
  start_due(by_secret);
  until(JobState::ready);
  const Bytes request = job().request;
  refuse_record("jobs");
  BOOST_CHECK_EXCEPTION((void)take(), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST((job().state == JobState::scheduled));
  take_records();
  pass_pause();
  BOOST_TEST((take().request == request));
}

BOOST_AUTO_TEST_CASE(EN34_a_certificate_that_comes_to_a_full_disk_is_installed_later) {
  start_due(by_secret);
  const Bytes certificate = ca.sign(take().request);
  refuse_record("jobs");
  BOOST_TEST(deliver(certificate).index() == 0U);
  BOOST_TEST((job().state == JobState::scheduled));
  take_records();
  pass_pause();
  until(JobState::done);
  BOOST_TEST(in_use(certificate));
}

BOOST_AUTO_TEST_CASE(an_approval_that_could_not_be_written_is_none_in_the_audit_log) {
  start_due(by_secret);
  start(est("[trust]\nfirst-contact = \"person\"\n"));
  (void)take();
  enrolment->propose(job().number, runner, {{plant.certificate(), "pki.plant.example"}});
  refuse_record("jobs");
  const auto approve = [&] { enrolment->approve(job().number, agent::sha256(plant.certificate())); };
  const auto told = [&] { return std::ranges::count(audited, "authority-approved", &AuditEntry::kind); };
  BOOST_CHECK_EXCEPTION(approve(), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST(told() == 0);
  take_records();
  approve();
  BOOST_TEST(told() == 1);
}

BOOST_AUTO_TEST_CASE(slots_stay_those_of_their_profile_while_the_state_cannot_be_read) {
  start_due(by_secret);
  const auto execute = [&](const char* text) { agent::Database(directory.file("state") + "/state.db").execute(text); };
  execute("ALTER TABLE certificate RENAME TO unreadable");
  BOOST_CHECK_EXCEPTION((void)enrolment->renew("web"), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST(enrolment->renewals().size() == 1U);
  execute("ALTER TABLE unreadable RENAME TO certificate");
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

BOOST_AUTO_TEST_CASE(the_account_that_runs_jobs_is_found_as_every_other) {
  for (const char* root : {"root", "0"}) {
    account = root;
    start(by_secret);
    agent::AuthorityContacts contacts(loop, *enrolment, {}, {});
    const agent::EnrolmentPorts ports(*enrolment, contacts, anchor);
    BOOST_TEST(ports.runs_jobs(0));
    BOOST_TEST(!ports.runs_jobs(1));
  }
}

BOOST_AUTO_TEST_CASE(an_account_that_is_not_there_runs_no_jobs) {
  for (const char* nobody : {"", "no-such-account"}) {
    account = nobody;
    start(by_secret);
    agent::AuthorityContacts contacts(loop, *enrolment, {}, {});
    BOOST_TEST(!agent::EnrolmentPorts(*enrolment, contacts, anchor).runs_jobs(0));
  }
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

BOOST_FIXTURE_TEST_CASE(EN34_while_its_profile_has_a_mistake_a_job_keeps_key_and_request, MistakenProfile) {
  start_due(by_secret);
  const Bytes request = take().request;
  enrolment->postpone(job().number, runner, 0s, {std::byte{5}});
  restart_with_mistake();
  BOOST_TEST(is_held_up(JobState::scheduled));
  BOOST_CHECK_EXCEPTION((void)enrolment->renew("web"), agent::Error,
                        [](const agent::Error& error) { return error.what() == mistake; });
  mend();
  const dbus::JobWork work = take();
  BOOST_TEST((work.request == request));
  BOOST_TEST((work.continuation == Bytes{std::byte{5}}));
  BOOST_TEST(enrolment->jobs().all().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(EN34_a_profile_that_was_mended_before_the_next_start_has_its_jobs_again, MistakenProfile) {
  start_due(by_secret);
  const Bytes request = take().request;
  restart_with_mistake();
  profiles = good;
  restart();
  BOOST_TEST((take().request == request));
}

BOOST_FIXTURE_TEST_CASE(a_certificate_that_somebody_carries_waits_for_the_profile_to_be_mended, MistakenProfile) {
  start(external);
  until(JobState::awaiting_certificate);
  const Bytes certificate = ca.sign(job().request);
  restart_with_mistake();
  BOOST_TEST(is_held_up(JobState::awaiting_certificate));
  const auto install = [&](agent::Answer<std::monostate> answer) {
    enrolment->install(job().number, certificate, {}, std::move(answer));
  };
  BOOST_CHECK_THROW(install({}), agent::Error);
  BOOST_TEST(is_held_up(JobState::awaiting_certificate));
  mend();
  (void)value<std::monostate>(install);
  BOOST_TEST(in_use(certificate));
}

BOOST_FIXTURE_TEST_CASE(a_job_that_awaits_a_credential_waits_for_its_profile, MistakenProfile) {
  start_due(by_secret);
  (void)take();
  fail("expired-needs-bootstrap");
  pass_pause();
  until(JobState::awaiting_credential);
  restart_with_mistake();
  BOOST_TEST(is_held_up(JobState::awaiting_credential));
  mend();
  (void)enrolment->enroll("plant", "", secret());
  BOOST_TEST(take().credential == "secret");
}

BOOST_FIXTURE_TEST_CASE(another_profile_gets_no_slot_of_a_job_that_waits_for_its_profile, MistakenProfile) {
  start(external);
  until(JobState::awaiting_certificate);
  const Bytes request = job().request;
  restart_with_mistake();
  profiles.push_back({"plant-copy", good.front().profile, {}});
  restart();
  loop.run_once(50ms);
  BOOST_TEST(is_held_up(JobState::awaiting_certificate));
  BOOST_TEST((job().request == request));
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_leaves_no_key_and_the_certificate_in_use) {
  start_due(by_secret);
  until(JobState::ready);
  enrolment->cancel(job().number);
  BOOST_TEST((job().state == JobState::cancelled));
  BOOST_TEST(!pending());
  BOOST_TEST(in_use(before));
}

BOOST_AUTO_TEST_SUITE_END()
