#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "enroll/agent_jobs.h"

namespace edgeseal::enroll {

// The contacts that the agent wants, by profile, as whoever makes them sees them (org.edgeseal.Enrolment1). From any
// thread; every member throws RefusedByAgent.
class AgentContacts {
 public:
  virtual ~AgentContacts() = default;

  // Of the job, what says where the server is and whom to trust. Throws Error for one that is ours now and can't be
  // made.
  [[nodiscard]] virtual Job take_contact(const std::string& profile) = 0;
  virtual void report_contact(const std::string& profile, const std::optional<Error>& problem) = 0;
};

// Takes a contact, asks the server for what it tells everybody, and tells the agent whether it answers and is believed.
// The server sees no secret, no certificate and no request of this device. One that then wants to know who asks is
// believed.
void run_contact(AgentContacts& agent, const std::string& profile, const Surroundings& surroundings,
                 const std::stop_token& stop);

}  // namespace edgeseal::enroll
