#include "enroll/job_run.h"

#include "enroll/cmp/job_run.h"
#include "enroll/discovery/search.h"
#include "enroll/est/job_run.h"
#include "enroll/helper/job_run.h"
#include "enroll/journal.h"
#include "enroll/retry_after.h"

namespace edgeseal::enroll {
namespace {

// A job that was taken, as its protocol sees the agent.
class TakenJob final : public JobPort {
 public:
  TakenJob(AgentJobs& agent, const std::string& name) : agent_(agent), name_(name) {}

  Job take() {
    Job job = agent_.take(name_);
    has_helper_ = job.protocol == Protocol::helper;
    return job;
  }
  void entered(Stage stage) override { agent_.report(name_, stage); }
  [[noreturn]] void propose(const std::vector<ProposedAnchor>& anchors) override {
    agent_.propose(name_, anchors);
    given_back_ = true;
    throw Error(ErrorClass::waiting,
                "somebody has to compare the fingerprint " + hexadecimal(anchors.front().fingerprint));
  }
  void keep(const Bytes& continuation) override { continuation_ = continuation; }
  void secret_spent() override { use_ = SecretUse::spent; }

  void succeed(const Result& result) const {
    if (result.trust_problem) log(Level::warning, Event::anchors_not_taken, name_, *result.trust_problem);
    if (!result.anchors.empty()) deliver_anchors(result);
    if (result.modified)
      log(Level::notice, Event::certificate_modified, name_,
          "the authority granted the certificate with modifications: " + *result.modified);
    agent_.deliver(name_, result);
  }

  void fail(const Error& error) const {
    log(Level::notice, event_of(error.error_class()), name_, error);
    if (given_back_) return;
    if (error.error_class() == ErrorClass::waiting)
      agent_.wait(name_, bounded_retry(error.retry_after()), continuation_);
    else
      agent_.fail(name_, error, use_);
  }

 private:
  [[nodiscard]] Event event_of(ErrorClass error_class) const {
    if (error_class == ErrorClass::waiting) return Event::job_waits;
    if (error_class == ErrorClass::cancelled) return Event::job_given_back;
    return has_helper_ ? Event::helper_failed : Event::job_failed;
  }

  // The agent has the last word on them; the certificate may be good under those in force all the same.
  void deliver_anchors(const Result& result) const try {
    agent_.deliver_anchors(name_, result);
  } catch (const RefusedByAgent& refusal) {
    log(Level::warning, Event::anchors_not_taken, name_, {ErrorClass::rollover, refusal.what()});
  }

  AgentJobs& agent_;
  const std::string& name_;
  Bytes continuation_;
  SecretUse use_ = SecretUse::unused;
  bool given_back_ = false;
  bool has_helper_ = false;
};

Result run_protocol(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  switch (job.protocol) {
    case Protocol::est: return est::run(job, port, surroundings, stop);
    case Protocol::cmp: return cmp::run(job, port, surroundings, stop);
    case Protocol::helper: return helper::run(job, port, surroundings, stop);
  }
  throw Error(ErrorClass::policy, "the protocol of the job is not known here");
}

Result run_wherever(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  if (!job.url.empty() || !job.query) return run_protocol(job, port, surroundings, stop);
  return discovery::run_at_servers(job, port, surroundings, stop, [&](const Job& found, JobPort& found_port) {
    return run_protocol(found, found_port, surroundings, stop);
  });
}

}  // namespace

void run_job(AgentJobs& agent, const std::string& name, const Surroundings& surroundings,
             const std::stop_token& stop) try {
  TakenJob taken(agent, name);
  try {
    const Job job = taken.take();
    taken.succeed(run_wherever(job, taken, surroundings, stop));
  } catch (const Error& error) {
    taken.fail(error);
  } catch (const RefusedByAgent&) {
    throw;
  } catch (const std::exception& error) {  // libcrypto, or no memory
    taken.fail({ErrorClass::transport, error.what()});
  }
} catch (const RefusedByAgent& refusal) {  // the job waits at the agent, or has ended
  log(Level::notice, Event::job_given_back, name, {ErrorClass::cancelled, refusal.what()});
}

}  // namespace edgeseal::enroll
