// Jobs as the agent hands them out, run side by side.
#include <algorithm>
#include <condition_variable>
#include <set>

#include "enroll/job_loop.h"
#include "tests/enroll/enrolment_fixture.h"
#include "tests/enroll/fake_agent_jobs.h"
#include "tests/fakes/fake_journal.h"
#include "tests/wait_until.h"

namespace edgeseal::test {
namespace {

using namespace enroll;

struct LoopFixture : EnrolmentFixture {
  FakeAgentJobs jobs;

  void ends_with(const std::string& name, const std::vector<std::string>& expected) {
    const std::vector<std::string> outcomes = jobs.outcomes(name);
    BOOST_TEST(outcomes == expected, boost::test_tools::per_element());
  }

  void run(const std::string& name, const Job& job) {
    jobs.jobs[name] = job;
    JobLoop loop(jobs, surroundings);
    loop.start(name);
    loop.finish();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(job_loop, LoopFixture)

BOOST_AUTO_TEST_CASE(anchors_are_delivered_before_the_certificate) {
  run("good", job());
  ends_with("good", {"take", "anchors", "deliver"});
  jobs.refuses_anchors = true;  // those in force stand for the certificate all the same
  run("refused", job());
  ends_with("refused", {"take", "anchors", "deliver"});
}

BOOST_AUTO_TEST_CASE(failures_are_told_by_their_class) {
  run("ca", job("issue=ca"));
  ends_with("ca", {"take", "unsuitable-certificate"});
  run("wait", job("wait=400"));
  ends_with("wait", {"take", "wait 400"});
  run("no-request", [this] {
    Job job = this->job();
    job.request.clear();
    return job;
  }());
  ends_with("no-request", {"take", "policy"});
  run("no-key", [this] {
    Job job = this->job();
    job.identity->key = "/nowhere";
    return job;
  }());
  ends_with("no-key", {"take", "policy"});
}

BOOST_AUTO_TEST_CASE(the_journal_has_a_failed_job_with_its_class_and_an_id_by_what_is_to_be_done) {
  (void)take_journal();
  run("ca", job("issue=ca"));
  run("person", first_contact(FirstTrust::person));
  run("helper", [this] {
    Job job = this->job();
    job.protocol = Protocol::helper;
    job.helper = "/nowhere/helper";
    return job;
  }());
  jobs.refuses_anchors = true;
  run("anchors", job());
  const auto journal = take_journal();
  BOOST_TEST_REQUIRE(journal.size() == 4u);
  BOOST_TEST(journal[0].at("EDGESEAL_JOB") == "ca");
  BOOST_TEST(journal[0].at("EDGESEAL_ERROR") == "unsuitable-certificate");
  BOOST_TEST(journal[0].at("SYSLOG_IDENTIFIER") == "edgeseal-enroll");
  std::set<std::string> ids;
  for (const JournalEntry& entry : journal) ids.insert(entry.at("MESSAGE_ID"));
  BOOST_TEST(ids.size() == journal.size());
}

BOOST_AUTO_TEST_CASE(a_secret_that_was_spent_is_told) {
  server.allow("gateway", "spent", 1);
  run("spent", password_job("spent", "issue=ca"));
  ends_with("spent", {"take", "unsuitable-certificate, spent"});
}

BOOST_AUTO_TEST_CASE(a_job_that_asks_a_person_is_given_back) {
  run("person", first_contact(FirstTrust::person));
  ends_with("person", {"take", "propose"});
}

BOOST_AUTO_TEST_CASE(a_job_that_is_somebody_elses_is_left_alone) {
  JobLoop loop(jobs, surroundings);
  loop.start("unknown");
  loop.finish();
  ends_with("unknown", {});
}

BOOST_AUTO_TEST_CASE(who_had_nothing_to_do_for_a_while_retires_and_starts_nothing_any_more) {
  jobs.jobs["stalled"] = job("stall=cacerts");
  jobs.jobs["late"] = job();
  JobLoop loop(jobs, surroundings);
  BOOST_TEST(!loop.retire());  // what was before, nobody knows
  loop.start("stalled");
  wait_until("the request", [&] { return !requests("cacerts").empty(); });
  BOOST_TEST(!loop.retire());
  loop.cancel("stalled");
  loop.finish();
  BOOST_TEST(!loop.retire());
  BOOST_TEST(loop.retire());
  loop.start("late");
  loop.finish();
  ends_with("late", {});
}

BOOST_AUTO_TEST_CASE(jobs_run_side_by_side_and_each_once) {
  jobs.jobs["stalled"] = job("stall=cacerts");
  for (const char* name : {"a", "b", "c"}) jobs.jobs[name] = job();
  JobLoop loop(jobs, surroundings, 2);
  loop.start("stalled");
  wait_until("the request", [&] { return !requests("cacerts").empty(); });
  loop.start("stalled");
  for (const char* name : {"a", "b", "c"}) loop.start(name);
  wait_until("the end of job c", [&] { return jobs.outcomes("c").size() >= 3; });
  loop.cancel("stalled");
  loop.finish();
  for (const char* name : {"a", "b", "c"}) ends_with(name, {"take", "anchors", "deliver"});
  ends_with("stalled", {"take", "cancelled"});
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_at_the_agent_anew_before_it_has_ended_here_is_run_again) {
  jobs.jobs["wait"] = job("wait=77");
  JobLoop loop(jobs, surroundings);
  jobs.on_wait = [&] { loop.start("wait"); };
  loop.start("wait");
  loop.finish();
  ends_with("wait", {"take", "wait 77", "take", "anchors", "deliver"});
}

BOOST_AUTO_TEST_CASE(the_end_of_the_program_ends_all_jobs) {
  jobs.jobs["stalled"] = job("stall=cacerts");
  jobs.jobs["queued"] = job();
  JobLoop loop(jobs, surroundings, 1);
  loop.start("stalled");
  wait_until("the request", [&] { return !requests("cacerts").empty(); });
  loop.start("queued");
  loop.stop();
  ends_with("stalled", {"take", "cancelled"});
  ends_with("queued", {});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
