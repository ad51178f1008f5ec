#pragma once

#include "agent/certificates/certificate_groups.h"
#include "agent/certificates/server_configuration.h"
#include "agent/certificates/transactions.h"
#include "agent/state/state_anchor.h"
#include "agent/trust/peer_validation.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_list_changes.h"
#include "agent/trust/trust_list_files.h"
#include "agent/trust/trust_lists.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of trust, given by the services of the agent.
class TrustPorts final : public dbus::TransactionPort,
                         public dbus::TrustListPort,
                         public dbus::ServerConfigurationPort {
 public:
  struct Services {
    Applications& applications;
    CertificateGroups& groups;
    const Transactions& transactions;
    TrustLists& lists;
    TrustListFiles& files;
    TrustListChanges& changes;
    PeerValidation& validation;
    const TrustAlarms& alarms;
    ServerConfiguration& configuration;
    const StateAnchor& anchor;
  };

  explicit TrustPorts(const Services& services) : services_(services) {}

  void apply_changes(const dbus::Caller& caller, const std::string& application, const dbus::ApplyOptions& options,
                     dbus::Completion<std::monostate> done) override;
  void cancel_changes(const dbus::Caller& caller, const std::string& application) override;
  void confirm_changes(const dbus::Caller& caller, const std::string& application,
                       dbus::Completion<std::monostate> done) override;
  dbus::TransactionDiagnostics transaction_diagnostics(const std::string& application) const override;

  dbus::TrustListInfo trust_list_info(const dbus::GroupName& group) const override;
  dbus::TrustListContents trust_list(const dbus::GroupName& group, std::uint32_t masks) const override;
  bool set_trust_list(const dbus::Caller& caller, const dbus::GroupName& group, dbus::TrustListContents list) override;
  void add_certificate(const dbus::Caller& caller, const dbus::GroupName& group, const dbus::Bytes& certificate,
                       bool is_trusted) override;
  void remove_certificate(const dbus::Caller& caller, const dbus::GroupName& group, const std::string& thumbprint,
                          bool is_trusted) override;
  void set_trust_list_options(const dbus::Caller& caller, const dbus::GroupName& group,
                              const dbus::TrustListOptions& options) override;
  std::uint32_t open(const dbus::Caller& caller, const dbus::GroupName& group, std::uint8_t mode) override;
  std::uint32_t open_with_masks(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t masks) override;
  dbus::Bytes read(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle,
                   std::int32_t length) override;
  void write(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle,
             const dbus::Bytes& data) override;
  std::uint64_t position(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle) override;
  void set_position(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle,
                    std::uint64_t position) override;
  void close(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle) override;
  bool close_and_update(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle) override;
  std::vector<dbus::Bytes> rejected_list(const dbus::GroupName& group) const override;
  std::vector<dbus::SuppressedError> validate(const dbus::Caller& caller, const dbus::GroupName& group,
                                              const std::vector<dbus::Bytes>& chain,
                                              const dbus::ValidationQuery& query) override;

  dbus::ServerConfigurationInfo server_configuration(const std::string& application) const override;
  void request_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                           const dbus::SigningRequestOptions& options, dbus::Completion<dbus::Bytes> done) override;
  void push_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                        const dbus::PushedCertificate& certificate, dbus::Completion<bool> done) override;
  void self_sign_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                             const dbus::SelfSignedOptions& options, dbus::Completion<dbus::Bytes> done) override;
  void delete_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target) override;
  std::vector<dbus::TypedCertificate> certificates_of(const std::string& application,
                                                      const std::string& group_id) const override;
  std::vector<dbus::Bytes> rejected_certificates(const std::string& application) const override;
  void reset_to_server_defaults(const dbus::Caller& caller, const std::string& application,
                                dbus::Completion<std::monostate> done) override;

 private:
  [[nodiscard]] bool has_certificate(const std::string& application) const;
  void require_client(const dbus::Caller& caller, const std::string& application) const;

  const Services services_;
};

}  // namespace edgeseal::agent
