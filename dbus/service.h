#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbus/polkit_limits.h"
#include "dbus/service_ports.h"

namespace edgeseal::dbus {

struct ServiceSettings {
  // Members of this group administer where no polkit answers; root always does. Empty: root only.
  std::string admin_group = "edgeseal-admin";
  PolkitLimits polkit;
};

// The agent on the system bus: owns org.edgeseal.Agent1 and everything below /org/edgeseal. Lives in the event loop's
// thread, starts none. The ports must outlive it.
class Service {
 public:
  // What the event loop has to wait for, on a connection; changes with every process() and every call of the service.
  struct PollState {
    int fd = -1;
    short events = 0;                                   // poll(2)
    std::optional<std::chrono::microseconds> deadline;  // CLOCK_MONOTONIC, absolute; 0 = now
  };

  // Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured), exports the objects of every application that
  // `agent` knows, then takes the name. Throws CallError "BusUnavailable" or "NameTaken" (a second agent).
  Service(const Ports& ports, const ServiceSettings& settings);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The descriptors stay the same. There are two connections: answers that the agent waits for itself, who calls and
  // what polkit says, must not stand behind what others send it, and be refused by the bus where that line is full.
  [[nodiscard]] std::array<PollState, 2> poll_states() const;
  // Handles everything that is pending; never blocks, never throws. False: the bus is gone, the agent has to end.
  [[nodiscard]] bool process();

  // Told by the agent after the fact: objects appear, disappear, PropertiesChanged is sent.
  void application_added(const ApplicationInfo& application);
  void application_removed(const std::string& name);
  void access_changed(const std::string& application, const std::vector<std::string>& access);
  void group_changed(const GroupName& group);
  void tpm_status_changed();
  void setup_state_changed();
  void bundle_changed();
  void pin_wanted();
  void pin_closed(const std::string& session, const std::string& outcome);
  void busy_changed();
  void contact_due();

  // For the programs of an application, after the answer of the call that changed it: see ServerConfiguration1.
  void changes_applied(const std::string& application, const std::vector<std::string>& certificate_groups,
                       const std::vector<std::string>& trust_lists);
  void shutdown_requested(const std::string& application, std::uint32_t seconds, const std::string& reason);

  void trust_list_changed(const GroupName& group);
  // Severity 1 to 1000 (OPC 10000-5 §6.4.2); 0: it ended.
  void alarm(const GroupName& group, const std::string& kind, const std::string& source, std::uint16_t severity,
             const std::string& message);
  void directories_changed();
  void staging_changed();
  void staging_rolled_back(const std::string& reason);
  void enrolment_changed();
  void job_added(const JobInfo& job);
  void job_changed(JobNumber number);
  void job_removed(JobNumber number);
  void job_waiting(JobNumber number);                // and has whoever runs jobs started
  void job_cancelled(JobNumber number);              // for who runs it
  void contact_waiting(const std::string& profile);  // as job_waiting()
  void download_waiting(const std::string& url);     // the same
  void certificate_expiring(const std::string& slot, std::uint32_t days, std::uint64_t expires,
                            const std::string& needs);
  void identity_changed();
  void onboarding_changed();
  void audit_event(const std::string& kind, const std::map<std::string, std::string>& fields);
  void audit_kept(std::uint64_t sequence);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgeseal::dbus
