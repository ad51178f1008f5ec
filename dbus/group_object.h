#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbus/answer_order.h"
#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.CertificateGroup1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/service_ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// CertificateGroup1 of /org/edgeseal/application/NAME/GROUP.
class GroupObject final : public sdbus::AdaptorInterfaces<org::edgeseal::CertificateGroup1_adaptor> {
 public:
  GroupObject(sdbus::IConnection& connection, const Ports& ports, Guard& guard, GroupName name,
              std::shared_ptr<AnswerOrder> order);
  ~GroupObject() { unregisterAdaptor(); }

  void announce() { getObject().emitInterfacesAddedSignal(); }
  void withdraw() { getObject().emitInterfacesRemovedSignal(); }
  void changed();

 private:
  using Certificates = std::vector<ByteArray>;

  void CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) override;
  void UpdateCertificate(sdbus::Result<bool>&& result, std::string type, ByteArray certificate, Certificates issuers,
                         VariantMap options) override;
  void CreateSelfSignedCertificate(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) override;
  void ImportPrivateKey(sdbus::Result<ByteArray>&& result, std::string type, sdbus::UnixFd private_key,
                        VariantMap options) override;
  void ExportTssPrivateKey(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) override;
  void DestroyRetiredKeys(sdbus::Result<std::uint32_t>&& result, std::string type) override;
  void CertifyKey(sdbus::Result<VariantMap>&& result, std::string type, ByteArray nonce, VariantMap options) override;
  void ApplyChanges(sdbus::Result<>&& result, VariantMap options) override;
  void CancelChanges(sdbus::Result<>&& result) override;
  void ConfirmChanges(sdbus::Result<>&& result) override;
  void GetCertificates(
      sdbus::Result<std::vector<std::string>, Certificates, std::vector<Certificates>>&& result) override;
  std::vector<std::string> CertificateTypes() override;
  std::string Directory() override;
  std::vector<std::string> SupportedPrivateKeyFormats() override;
  bool TransactionPending() override;

  CertificateGroupPort& groups_;
  TransactionPort& transactions_;
  Guard& guard_;
  GroupName name_;
  std::shared_ptr<AnswerOrder> order_;
};

}  // namespace edgeseal::dbus
