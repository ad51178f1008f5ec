#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbus/answer_order.h"
#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.ServerConfiguration1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/service_ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// ServerConfiguration1 of /org/edgeseal/application/NAME.
class ServerConfigurationObject final : public sdbus::AdaptorInterfaces<org::edgeseal::ServerConfiguration1_adaptor> {
 public:
  ServerConfigurationObject(sdbus::IConnection& connection, const Ports& ports, Guard& guard, std::string application,
                            std::shared_ptr<AnswerOrder> order);
  ~ServerConfigurationObject() { unregisterAdaptor(); }

  void changed();
  void changes_applied(std::vector<std::string> certificate_groups, std::vector<std::string> trust_lists);
  void shutdown_requested(std::uint32_t seconds, std::string reason);

 private:
  using ByteArrays = std::vector<ByteArray>;

  void CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string group_id, std::string type_id,
                            VariantMap options) override;
  void UpdateCertificate(sdbus::Result<bool>&& result, std::string group_id, std::string type_id, ByteArray certificate,
                         ByteArrays issuers, std::string private_key_format, ByteArray private_key,
                         VariantMap options) override;
  void CreateSelfSignedCertificate(sdbus::Result<ByteArray>&& result, std::string group_id, std::string type_id,
                                   VariantMap options) override;
  void DeleteCertificate(sdbus::Result<>&& result, std::string group_id, std::string type_id,
                         VariantMap options) override;
  void GetCertificates(sdbus::Result<std::vector<std::string>, ByteArrays>&& result, std::string group_id,
                       VariantMap options) override;
  void GetRejectedList(sdbus::Result<ByteArrays>&& result, VariantMap options) override;
  void ApplyChanges(sdbus::Result<>&& result, VariantMap options) override;
  void CancelChanges(sdbus::Result<>&& result, VariantMap options) override;
  void ConfirmChanges(sdbus::Result<>&& result, VariantMap options) override;
  void ResetToServerDefaults(sdbus::Result<>&& result, VariantMap options) override;
  void GetTransactionDiagnostics(sdbus::Result<VariantMap>&& result, VariantMap options) override;
  std::string ApplicationUri() override;
  std::string ProductUri() override;
  std::vector<std::string> ServerCapabilities() override;
  std::vector<std::string> SupportedPrivateKeyFormats() override;
  std::uint32_t MaxTrustListSize() override;
  bool MulticastDnsEnabled() override;
  bool HasSecureElement() override;
  bool SupportsTransactions() override { return true; }
  bool InApplicationSetup() override;
  std::vector<std::string> CertificateGroups() override;

  template <class T>
  [[nodiscard]] T info(const char* property, T ServerConfigurationInfo::*member);
  void send(const char* signal, std::function<void()> emit);

  Ports ports_;
  Guard& guard_;
  std::string application_;
  std::shared_ptr<AnswerOrder> order_;
};

}  // namespace edgeseal::dbus
