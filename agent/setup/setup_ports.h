#pragma once

#include <functional>

#include "agent/certificates/certificate_groups.h"
#include "agent/setup/one_time_password.h"
#include "agent/setup/setup.h"
#include "dbus/setup_port.h"

namespace edgeseal::agent {

// What the bus leaf asks for of application setup.
class SetupPorts final : public dbus::SetupPort {
 public:
  struct Services {
    Setup& setup;
    OneTimePassword& password;
    CertificateGroups& groups;
    StateAnchor& anchor;
    const Audit& audit;
    std::function<bool(pid_t)> at_console;  // see console.h
  };

  explicit SetupPorts(const Services& services) : services_(services) {}

  dbus::SetupInfo setup() const override;
  void make_password(const dbus::Caller& caller, dbus::Completion<dbus::Secret> done) override;
  void submit_password(const dbus::Caller& caller, dbus::Secret password,
                       dbus::Completion<std::monostate> done) override;
  void report_presence(const dbus::Caller& caller, const std::string& source) override;
  void close_setup(const dbus::Caller& caller, dbus::Completion<std::monostate> done) override;
  void reset_to_setup(const dbus::Caller& caller, dbus::Completion<std::monostate> done) override;

 private:
  void require_password_way() const;

  const Services services_;
};

}  // namespace edgeseal::agent
