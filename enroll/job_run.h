#pragma once

#include <stop_token>
#include <string>

#include "enroll/agent_jobs.h"

namespace edgeseal::enroll {

// Takes a job, runs it by its protocol, and tells the agent the outcome, whichever it is.
void run_job(AgentJobs& agent, const std::string& name, const Surroundings& surroundings, const std::stop_token& stop);

}  // namespace edgeseal::enroll
