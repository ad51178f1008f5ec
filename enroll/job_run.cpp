#include "enroll/job_run.h"

#include "enroll/cmp/job_run.h"
#include "enroll/discovery/search.h"
#include "enroll/est/enrolment.h"
#include "enroll/helper/job_run.h"
#include "enroll/journal.h"
#include "enroll/retry_after.h"

namespace edgeseal::enroll {
namespace {

// A job that was taken, as its protocol sees the agent. Requests come with the job.
class TakenJob final : public JobPort {
 public:
  TakenJob(AgentJobs& agent, const std::string& name) : agent_(agent), name_(name) {}

  void entered(Stage stage) override { agent_.report(name_, stage); }
  Bytes signing_request(const RequestedAttributes&) override {
    throw Error(ErrorClass::policy, "the job has no certification request");
  }
  Decision decide(const ProposedAnchor& anchor, const std::stop_token&) override { propose({anchor}); }
  [[noreturn]] void propose(const std::vector<ProposedAnchor>& anchors) override {
    agent_.propose(name_, anchors);
    given_back_ = true;
    throw Error(ErrorClass::waiting,
                "somebody has to compare the fingerprint " + hexadecimal(anchors.front().fingerprint));
  }
  void keep(const Bytes& continuation) override { continuation_ = continuation; }
  void secret_spent() override { use_ = SecretUse::spent; }

  void succeed(const Result& result) const {
    if (result.trust_problem) log(Level::warning, name_, *result.trust_problem);
    if (!result.anchors.empty()) deliver_anchors(result);
    agent_.deliver(name_, result);
  }

  void fail(const Error& error) const {
    log(Level::notice, name_, error);
    if (given_back_) return;
    if (error.error_class() == ErrorClass::waiting)
      agent_.wait(name_, bounded_retry(error.retry_after()), continuation_);
    else
      agent_.fail(name_, error, use_);
  }

 private:
  // The agent has the last word on them; the certificate may be good under those in force all the same.
  void deliver_anchors(const Result& result) const try {
    agent_.deliver_anchors(name_, result);
  } catch (const RefusedByAgent& refusal) {
    log(Level::warning, name_, {ErrorClass::rollover, refusal.what()});
  }

  AgentJobs& agent_;
  const std::string& name_;
  Bytes continuation_;
  SecretUse use_ = SecretUse::unused;
  bool given_back_ = false;
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
    const Job job = agent.take(name);
    taken.succeed(run_wherever(job, taken, surroundings, stop));
  } catch (const Error& error) {
    taken.fail(error);
  } catch (const RefusedByAgent&) {
    throw;
  } catch (const std::exception& error) {  // libcrypto, or no memory
    taken.fail({ErrorClass::transport, error.what()});
  }
} catch (const RefusedByAgent& refusal) {  // the job waits at the agent, or has ended
  log(Level::notice, name, {ErrorClass::cancelled, refusal.what()});
}

}  // namespace edgeseal::enroll
