#pragma once

#include <functional>
#include <optional>
#include <string>

#include "dbus/credentials.h"
#include "dbus/device_ports.h"
#include "dbus/enrolment_port.h"
#include "dbus/polkit.h"
#include "dbus/ports.h"
#include "dbus/privilege.h"

namespace edgeseal::dbus {

struct Question {
  std::string bus_name;
  Privilege privilege = Privilege::ManageApplications;
  std::string application;     // whose; empty where the call is for none
  bool interactive = false;    // the caller lets polkit ask the user to authenticate
  bool delegated = false;      // the caller says for which client it calls
  bool must_delegate = false;  // the account of the application may, but for somebody else, whom it doesn't name
};

struct Decision {
  Caller caller;
  std::optional<CallError> refusal;  // none: the caller may
};

// Who may do what: root; the account of an application for its own certificates, and to inhibit changes; the account
// that runs jobs, for that; who polkit says; where there is no polkit, the members of the administrators' group.
// Inspecting without polkit is for every local user.
class Authority {
 public:
  using Identified = std::function<void(const Caller&)>;
  using Answer = std::function<void(const Decision&)>;

  Authority(sdbus::IConnection& connection, const AccountPort& accounts, AuditPort& audit, OnboardingPort& onboarding,
            const EnrolmentPort& enrolment, std::string admin_group, PolkitLimits limits);

  // Answers once, at once or later; `answer` must not throw. Tells before who calls; what `identified` throws is the
  // refusal.
  void decide(Question question, Identified identified, Answer answer);
  // Who calls, where the bus was asked for it already.
  [[nodiscard]] std::optional<Caller> known(const std::string& bus_name) const;
  void caller_vanished(const std::string& bus_name) { credentials_.forget(bus_name); }

 private:
  [[nodiscard]] bool allowed_at_once(const Question& question, uid_t uid) const;
  [[nodiscard]] bool allowed_without_polkit(const Question& question, const Credentials& credentials) const;
  void ask_polkit(const Question& question, const Credentials& credentials, const Answer& answer);

  const AccountPort& accounts_;
  AuditPort& audit_;
  OnboardingPort& onboarding_;
  const EnrolmentPort& enrolment_;
  std::string admin_group_;
  CredentialCache credentials_;
  Polkit polkit_;
};

}  // namespace edgeseal::dbus
