#pragma once

#include <chrono>
#include <functional>
#include <set>

#include "agent/background_worker.h"
#include "agent/device/device_identity.h"
#include "agent/onboarding/onboarding.h"
#include "agent/state/state_anchor.h"
#include "dbus/device_ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for of the device itself.
class DevicePorts final : public dbus::DeviceIdentityPort, public dbus::OnboardingPort {
 public:
  // Tickets that are verified at a time, one of an account. Everybody may ask for it, and others need the worker too.
  static constexpr unsigned max_verifying = 4;

  struct Services {
    DeviceIdentity& identity;
    Onboarding& onboarding;
    const StateAnchor& anchor;
    BackgroundWorker& background;
    std::function<std::chrono::system_clock::time_point()> now;
    std::function<std::optional<uid_t>()> dca_account;
  };

  // `identity_changed`: what DeviceIdentityPort::device() says.
  DevicePorts(Services services, std::function<void()> identity_changed)
      : services_(std::move(services)), identity_changed_(std::move(identity_changed)) {}

  dbus::DeviceInfo device() const override;
  void identities(dbus::Completion<dbus::DeviceIdentities> done) override;
  void request_identity(const dbus::Caller& caller, const dbus::IdentityRequest& request,
                        dbus::Completion<dbus::Bytes> done) override;
  void self_sign_identity(const dbus::Caller& caller, const dbus::IdentityRequest& request,
                          dbus::Completion<dbus::Bytes> done) override;
  void install_identity(const dbus::Caller& caller, const std::string& kind, const dbus::Bytes& certificate,
                        const std::vector<dbus::Bytes>& issuers, dbus::Completion<std::monostate> done) override;

  std::string onboarding_state() const override;
  std::vector<dbus::EndpointInfo> endpoints() const override;
  bool is_singleton() const override;
  std::vector<std::string> configurable_applications() const override;
  bool may_configure(uid_t uid, const std::string& application) const override;
  std::vector<dbus::Bytes> tickets() const override;
  void set_tickets(const dbus::Caller& caller, const std::vector<dbus::Bytes>& tickets) override;
  void add_ticket(const dbus::Caller& caller, const dbus::Bytes& ticket) override;
  void verify_ticket(const dbus::Caller& caller, const dbus::Bytes& ticket, const std::vector<dbus::Bytes>& authorities,
                     const std::vector<dbus::Bytes>& crls, dbus::Completion<dbus::TicketInfo> done) override;
  std::vector<dbus::RegistrarInfo> registrars() const override;
  void set_registrars(const dbus::Caller& caller, const std::vector<dbus::RegistrarInfo>& registrars) override;
  dbus::SoftwareStatusInfo software_status() const override;
  void set_software_status(const dbus::Caller& caller, const dbus::SoftwareStatusInfo& status) override;

 private:
  // The answer, after which the identity may be another.
  template <class Result>
  [[nodiscard]] Answer<Result> told(dbus::Completion<Result> done) const;

  const Services services_;
  const std::function<void()> identity_changed_;
  std::set<uid_t> verifying_;  // the accounts
};

}  // namespace edgeseal::agent
