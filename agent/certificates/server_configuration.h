#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/applications.h"
#include "agent/audit/change_audit.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/certificates/transactions.h"
#include "agent/trust/peer_validation.h"
#include "agent/trust/trust_lists.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// The methods of OPC 10000-12 §7.10 as a server delegates them: ids of groups and types, the decision order of
// UpdateCertificate, validation by the trust list of the group. Loop's thread.
class ServerConfiguration {
 public:
  struct Settings {
    bool strict = false;  // certificates are refused for what OPC 10000-4 lets be suppressed, too
  };

  ServerConfiguration(State& state, Applications& applications, CertificateGroups& groups, Transactions& transactions,
                      TrustLists& lists, PeerValidation& validation, const Audit& audit, const Settings& settings,
                      std::function<bool()> setup_is_open);

  [[nodiscard]] dbus::ServerConfigurationInfo info(const std::string& application);
  void create_signing_request(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                              const dbus::SigningRequestOptions& options, Answer<Bytes> answer);
  void update_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                          const dbus::PushedCertificate& pushed, Answer<bool> answer);
  void create_self_signed(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                          const dbus::SelfSignedOptions& options, Answer<Bytes> answer);
  void delete_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target);
  [[nodiscard]] std::vector<dbus::TypedCertificate> certificates(const std::string& application,
                                                                 const std::string& group_id);
  [[nodiscard]] std::vector<Bytes> rejected(const std::string& application);
  // §7.10.13: keys, certificates and lists that are not part of the configured default go; the device identity stays.
  void reset(const dbus::Caller& caller, const std::string& application, Answer<std::monostate> answer);

 private:
  [[nodiscard]] std::string group_of(const std::string& application, const std::string& group_id);
  [[nodiscard]] Slot slot_of(const dbus::CertificateTarget& target);
  [[nodiscard]] Slot offered_slot_of(const dbus::CertificateTarget& target);
  // By the trust list that is staged, or the present one.
  void judge(const Slot& slot, const std::vector<Bytes>& chain, const StagedChanges* staged);
  [[nodiscard]] std::vector<Bytes> issuers_of(const Slot& slot, const std::vector<Bytes>& chain);
  [[nodiscard]] TrustStorePtr store_of(const Slot& slot, const StagedChanges* staged);
  [[nodiscard]] bool has_secure_element(const ApplicationRecord& application);

  State& state_;
  Applications& applications_;
  CertificateGroups& groups_;
  Transactions& transactions_;
  TrustLists& lists_;
  PeerValidation& validation_;
  const Audit& audit_;
  const ChangeAudit change_audit_;
  const Settings settings_;
  const std::function<bool()> setup_is_open_;
};

}  // namespace edgeseal::agent
