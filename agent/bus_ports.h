#pragma once

#include "agent/applications.h"
#include "agent/audit/call_audit.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/description.h"
#include "agent/device/attestation.h"
#include "agent/directories/directory_guard.h"
#include "agent/keys/pcr_policies.h"
#include "agent/metrics/event_counts.h"
#include "agent/setup/setup.h"
#include "agent/state/state_anchor.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_list_files.h"
#include "agent/trust/trust_lists.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for, given by the services of the agent.
class BusPorts final : public dbus::AgentPort,
                       public dbus::CertificateGroupPort,
                       public dbus::AuditPort,
                       public dbus::AccountPort {
 public:
  struct Observer {
    std::function<void(const dbus::ApplicationInfo&)> application_added;
    std::function<void(const std::string&)> application_removed;
    std::function<void(const std::string&, const std::vector<std::string>&)> access_changed;
  };

  struct Services {
    State& state;
    Applications& applications;
    CertificateGroups& groups;
    TpmWorker& tpm;
    KeyService& keys;
    SealedKeys& sealed;
    PcrPolicies& policies;
    Attestation& attestation;
    const StateAnchor& anchor;
    TrustLists& lists;
    TrustListFiles& files;
    const TrustAlarms& alarms;
    const DirectoryGuard& guard;
    const Setup& setup;
    CallAudit& calls;
    Places places;
    NamedAccounts accounts;
  };

  BusPorts(const Services& services, Observer observer) : services_(services), observer_(std::move(observer)) {}

  std::string version() const override;
  dbus::TpmStatus tpm_status() const override;
  std::string describe() const override;
  std::vector<dbus::ApplicationInfo> applications() const override;
  void create_application(const dbus::Caller& caller, const dbus::NewApplication& application) override;
  void delete_application(const dbus::Caller& caller, const std::string& name) override;
  bool add_access_rule(const dbus::Caller& caller, const std::string& application, const std::string& rule) override;
  bool remove_access_rule(const dbus::Caller& caller, const std::string& application, const std::string& rule) override;
  void manufacturer_keys(dbus::Completion<std::vector<dbus::ManufacturerKeyInfo>> done) override;
  void activate_credential(const dbus::Caller& caller, const std::string& endorsement_key,
                           const dbus::Bytes& credential, const dbus::Bytes& encrypted_secret,
                           dbus::Completion<dbus::Secret> done) override;
  void read_pcrs(const dbus::Caller& caller, const std::vector<std::uint32_t>& pcrs,
                 dbus::Completion<dbus::PcrValues> done) override;
  dbus::PcrApprovalRequest prepare_pcr_approval(const dbus::PcrValues& values) const override;
  void add_pcr_approval(const dbus::Caller& caller, const dbus::PcrValues& values,
                        const dbus::Bytes& signature) override;
  void reseal(const dbus::Caller& caller, const dbus::PcrValues& values, dbus::Completion<std::uint32_t> done) override;

  dbus::GroupInfo group_info(const dbus::GroupName& group) const override;
  void create_signing_request(const dbus::Caller& caller, const dbus::GroupName& group,
                              const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                              dbus::Completion<dbus::Bytes> done) override;
  void create_self_signed_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                                      const std::string& certificate_type, const dbus::SelfSignedOptions& options,
                                      dbus::Completion<dbus::Bytes> done) override;
  void update_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                          const dbus::SlotCertificate& certificate, std::optional<dbus::OutsideKey> key,
                          dbus::Completion<bool> done) override;
  void import_private_key(const dbus::Caller& caller, const dbus::GroupName& group, const std::string& certificate_type,
                          dbus::OutsideKey key, dbus::Completion<dbus::Bytes> done) override;
  void export_tss_private_key(const dbus::Caller& caller, const dbus::GroupName& group,
                              const std::string& certificate_type, dbus::WhichKey which, dbus::Secret passphrase,
                              dbus::Completion<dbus::Bytes> done) override;
  std::uint32_t destroy_retired_keys(const dbus::Caller& caller, const dbus::GroupName& group,
                                     const std::string& certificate_type) override;
  void certify_key(const dbus::Caller& caller, const dbus::GroupName& group, const std::string& certificate_type,
                   dbus::WhichKey which, const dbus::Bytes& nonce, dbus::Completion<dbus::KeyEvidence> done) override;
  std::vector<dbus::SlotCertificate> certificates(const dbus::GroupName& group) const override;
  void owner_vanished(const std::string& bus_name) override;

  void record(const dbus::AuditRecord& record) override {
    calls_.count(record.success ? "success" : record.error);
    services_.calls.record(record);
  }
  void internal_error(const std::string& where, const std::string& what) override;
  std::optional<uid_t> account_of(const std::string& application) const override;
  bool is_account(uid_t uid) const override;
  // Decisions on calls since the start, by result: "success" or the name of the error.
  [[nodiscard]] const EventCounts& calls() const { return calls_; }

 private:
  [[nodiscard]] KeyPtr key_of(const dbus::GroupName& group, const std::string& certificate_type,
                              dbus::WhichKey which) const;

  const Services services_;
  const Observer observer_;
  EventCounts calls_;
};

}  // namespace edgeseal::agent
