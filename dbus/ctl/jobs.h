#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/output.h"
#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {

// A job as the agent shows it.
struct Job {
  std::uint64_t number = 0;
  std::string state;  // as on the bus; "ended": nobody knows any more how
  std::string profile, slot, operation, stage, error_class, message, needs;
  std::uint32_t failures = 0;
  std::uint64_t next_try = 0, created = 0;  // microseconds since 1970 UTC
  std::vector<Der> fingerprints;            // SHA-256
  Der request;

  [[nodiscard]] bool has_ended() const { return state == "done" || state == "cancelled" || state == "ended"; }
  [[nodiscard]] bool waits_for_somebody() const { return state.starts_with("awaiting-"); }
  [[nodiscard]] bool goes_on() const { return !has_ended() && !waits_for_somebody(); }
};

[[nodiscard]] Job read_job(AgentConnection& agent, std::uint64_t number);
[[nodiscard]] std::vector<Job> read_jobs(AgentConnection& agent);  // all that there are, with the last that have ended
[[nodiscard]] nlohmann::json to_json(const Job& job);
void print_jobs(const std::vector<Job>& jobs, const Output& output);
void print_job(const Job& job, const Output& output);

// Looks at the jobs until none goes on or the time is over, once at least, and says on a terminal how far they are.
// Answers with each as it was seen last. Of what is given the number counts; profile, slot and operation do for a job
// that the agent has forgotten before.
[[nodiscard]] std::vector<Job> wait_for(std::vector<Job> jobs, const std::optional<std::chrono::seconds>& at_most,
                                        AgentConnection& agent);

// The number at the end of an object path, or what a user types.
[[nodiscard]] std::uint64_t job_number(const std::string& path);

}  // namespace edgeseal::ctl
