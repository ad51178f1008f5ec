#pragma once

#include "agent/applications.h"
#include "agent/certificate_groups.h"
#include "agent/tpm_worker.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for, given by the services of the agent; Error becomes dbus::CallError here and nowhere else.
class BusPorts final : public dbus::AgentPort, public dbus::CertificateGroupPort, public dbus::AuditPort {
 public:
  struct Observer {
    std::function<void(const dbus::ApplicationInfo&)> application_added;
    std::function<void(const std::string&)> application_removed;
  };

  BusPorts(State& state, Applications& applications, CertificateGroups& groups, const TpmWorker& worker,
           Observer observer)
      : state_(state), applications_(applications), groups_(groups), worker_(worker), observer_(std::move(observer)) {}

  std::string version() const override;
  dbus::TpmStatus tpm_status() const override;
  std::string setup_state() const override;
  std::string describe() const override;
  std::vector<dbus::ApplicationInfo> applications() const override;
  void create_application(const dbus::Caller& caller, const dbus::NewApplication& application) override;
  void delete_application(const dbus::Caller& caller, const std::string& name) override;

  dbus::GroupInfo group_info(const dbus::GroupName& group) const override;
  void create_signing_request(const dbus::Caller& caller, const dbus::GroupName& group,
                              const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                              dbus::Completion<dbus::Bytes> done) override;
  bool update_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                          const dbus::SlotCertificate& certificate) override;
  void apply_changes(const dbus::Caller& caller, const dbus::GroupName& group,
                     dbus::Completion<std::monostate> done) override;
  void cancel_changes(const dbus::Caller& caller, const dbus::GroupName& group) override;
  std::vector<dbus::SlotCertificate> certificates(const dbus::GroupName& group) const override;
  void owner_vanished(const std::string& bus_name) override;

  void record(const dbus::AuditRecord& record) override;
  void internal_error(const std::string& where, const std::string& what) override;
  std::optional<uid_t> account_of(const std::string& application) const override;

 private:
  State& state_;
  Applications& applications_;
  CertificateGroups& groups_;
  const TpmWorker& worker_;
  const Observer observer_;
};

}  // namespace edgeseal::agent
