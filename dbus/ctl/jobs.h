#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/output.h"
#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {

// A job as the agent shows it.
struct Job {
  std::uint64_t number = 0;
  std::string state, profile, slot, operation, stage, error_class, message, needs;
  std::uint32_t failures = 0;
  std::uint64_t next_try = 0, created = 0;  // microseconds since 1970 UTC
  std::vector<Der> fingerprints;            // SHA-256
  Der request;

  [[nodiscard]] bool has_ended() const { return state == "done" || state == "cancelled"; }
  [[nodiscard]] bool waits_for_somebody() const { return state.starts_with("awaiting-"); }
};

[[nodiscard]] Job read_job(AgentConnection& agent, std::uint64_t number);
[[nodiscard]] nlohmann::json to_json(const Job& job);
void print_jobs(const std::vector<Job>& jobs, const Output& output);
void print_job(const Job& job, const Output& output);

// Looks at the jobs until each has ended or waits for somebody, and says on a terminal how far they are. False: one is
// not done.
[[nodiscard]] bool wait_for(const std::vector<std::uint64_t>& numbers, AgentConnection& agent);

// The number at the end of an object path, or what a user types.
[[nodiscard]] std::uint64_t job_number(const std::string& path);

}  // namespace edgeseal::ctl
