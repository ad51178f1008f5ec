#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/renewal/renewal_plan.h"
#include "agent/slot.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;
using JobNumber = std::uint64_t;

// What a job waits for. Who leaves each of them, and what becomes of it when the agent starts again:
enum class JobState {
  scheduled,             // the plan, at its time
  preparing,             // the key service; anew after a start
  ready,                 // whoever takes it; ready again
  running,               // who has taken it, his end, or the end of his time; ready again with the same request
  awaiting_approval,     // a person
  awaiting_credential,   // a person; a secret is forgotten with the agent
  awaiting_certificate,  // a person
  installing,            // the changeover; done where the certificate is in force, else it is installed again
  done,
  cancelled
};
[[nodiscard]] std::string_view state_name(JobState state);  // "awaiting-approval"
[[nodiscard]] constexpr bool has_ended(JobState state) {
  return state >= JobState::done;
}
[[nodiscard]] constexpr bool awaits_somebody(JobState state) {
  return state == JobState::awaiting_approval || state == JobState::awaiting_credential ||
         state == JobState::awaiting_certificate;
}

// One certificate that is being asked for.
struct Job {
  using Time = std::chrono::sys_time<std::chrono::microseconds>;

  JobNumber number = 0;
  std::string profile;
  Slot slot;
  bool by_hand = false;              // somebody wants it
  bool renews = false;               // the current certificate authenticates
  bool refused_certificate = false;  // it is good, and the authority wants another credential
  JobState state = JobState::scheduled;
  std::string stage{}, error_class{}, message{}, needs{};
  RenewalAttempts attempts{};
  Time created{};

  Bytes request{};  // DER; the same at each try
  tpm::KeyId key{};
  bool made_key = false;       // for this request alone: it goes with it
  RenewalTime requested_at{};  // elapsed
  Bytes continuation{};        // what whoever runs it wants to find again
  Bytes terms{};               // digest of whom it goes to and what it was made of; empty: of an older version
  bool secret_spent = false;

  std::vector<Bytes> proposed{}, approved{};  // anchors that a person is asked for, and has answered for
  std::vector<Bytes> anchors{};               // new ones, which go into force with the certificate
  Bytes certificate{};
  std::vector<Bytes> chain{};
  bool modified = false;  // the authority granted it otherwise than it was asked for

  bool operator==(const Job&) const = default;
};

// As a record of State, with the number of the next one.
struct JobRecord {
  JobNumber next = 1;
  std::vector<Job> jobs;

  bool operator==(const JobRecord&) const = default;
};
[[nodiscard]] Bytes encode(const JobRecord& record);
// Throws Error{security_checks_failed} for what no agent of this version wrote.
[[nodiscard]] JobRecord decode_jobs(ByteView bytes);

}  // namespace edgeseal::agent
