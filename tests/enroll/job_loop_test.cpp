// Jobs as the agent hands them out, run side by side.
#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "enroll/job_loop.h"
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {
namespace {

using namespace enroll;

// Jobs by name, and what became of them: "deliver", "wait 60" ...
class FakeAgentJobs final : public AgentJobs {
 public:
  std::map<std::string, Job> jobs;
  bool refuses_anchors = false;

  std::vector<std::string> outcomes(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return outcomes_[name];
  }

  Job take(const std::string& name) override {
    if (!jobs.contains(name)) throw RefusedByAgent("InvalidState");
    note(name, "take");
    return jobs.at(name);
  }
  void report(const std::string&, Stage) override {}
  void propose(const std::string& name, const std::vector<ProposedAnchor>&) override { note(name, "propose"); }
  void deliver_anchors(const std::string& name, const Result&) override {
    note(name, "anchors");
    if (refuses_anchors) throw RefusedByAgent("CertificateUntrusted");
  }
  void deliver(const std::string& name, const Result&) override { note(name, "deliver"); }
  void wait(const std::string& name, std::chrono::seconds pause, const Bytes&) override {
    note(name, "wait " + std::to_string(pause.count()));
  }
  void fail(const std::string& name, const Error& error, SecretUse use) override {
    note(name, std::string(name_of(error.error_class())) + (use == SecretUse::spent ? ", spent" : ""));
  }

 private:
  void note(const std::string& name, const std::string& what) {
    const std::lock_guard lock(mutex_);
    outcomes_[name].push_back(what);
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> outcomes_;
};

struct LoopFixture : EnrolmentFixture {
  FakeAgentJobs jobs;

  Job ready(const std::string& fault = "") const {
    Job result = job(fault);
    result.request = agent.key.request();
    return result;
  }

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
  run("good", ready());
  ends_with("good", {"take", "anchors", "deliver"});
  jobs.refuses_anchors = true;  // those in force stand for the certificate all the same
  run("refused", ready());
  ends_with("refused", {"take", "anchors", "deliver"});
}

BOOST_AUTO_TEST_CASE(failures_are_told_by_their_class) {
  run("ca", ready("issue=ca"));
  ends_with("ca", {"take", "unsuitable-certificate"});
  run("wait", ready("wait=400"));
  ends_with("wait", {"take", "wait 400"});
  run("no-request", job());
  ends_with("no-request", {"take", "policy"});
  run("no-key", [this] {
    Job job = ready();
    job.identity->key = "/nowhere";
    return job;
  }());
  ends_with("no-key", {"take", "policy"});
}

BOOST_AUTO_TEST_CASE(a_secret_that_was_spent_is_told) {
  server.allow("gateway", "spent", 1);
  Job job = password_job("spent", "issue=ca");
  job.request = agent.key.request();
  run("spent", job);
  ends_with("spent", {"take", "unsuitable-certificate, spent"});
}

BOOST_AUTO_TEST_CASE(a_job_that_asks_a_person_is_given_back) {
  Job job = ready();
  job.trust.anchors.clear();
  job.trust.first = FirstTrust::person;
  run("person", job);
  ends_with("person", {"take", "propose"});
}

BOOST_AUTO_TEST_CASE(a_job_that_is_somebody_elses_is_left_alone) {
  JobLoop loop(jobs, surroundings);
  loop.start("unknown");
  loop.finish();
  ends_with("unknown", {});
}

BOOST_AUTO_TEST_CASE(who_had_nothing_to_do_for_a_while_retires_and_starts_nothing_any_more) {
  jobs.jobs["stalled"] = ready("stall=cacerts");
  jobs.jobs["late"] = ready();
  JobLoop loop(jobs, surroundings);
  BOOST_TEST(!loop.retire());  // what was before, nobody knows
  loop.start("stalled");
  while (requests("cacerts").empty()) std::this_thread::yield();
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
  jobs.jobs["stalled"] = ready("stall=cacerts");
  for (const char* name : {"a", "b", "c"}) jobs.jobs[name] = ready();
  JobLoop loop(jobs, surroundings, 2);
  loop.start("stalled");
  while (requests("cacerts").empty()) std::this_thread::yield();
  loop.start("stalled");
  for (const char* name : {"a", "b", "c"}) loop.start(name);
  while (jobs.outcomes("c").size() < 3) std::this_thread::yield();
  loop.cancel("stalled");
  loop.finish();
  for (const char* name : {"a", "b", "c"}) ends_with(name, {"take", "anchors", "deliver"});
  ends_with("stalled", {"take", "cancelled"});
}

BOOST_AUTO_TEST_CASE(the_end_of_the_program_ends_all_jobs) {
  jobs.jobs["stalled"] = ready("stall=cacerts");
  jobs.jobs["queued"] = ready();
  JobLoop loop(jobs, surroundings, 1);
  loop.start("stalled");
  while (requests("cacerts").empty()) std::this_thread::yield();
  loop.start("queued");
  loop.stop();
  ends_with("stalled", {"take", "cancelled"});
  ends_with("queued", {});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
