#include "dbus/server_configuration_object.h"

#include <utility>

#include "dbus/bus_error.h"
#include "dbus/completions.h"
#include "dbus/group_arguments.h"
#include "dbus/object_path.h"
#include "dbus/sensitive.h"
#include "dbus/trust_arguments.h"

namespace edgeseal::dbus {

ServerConfigurationObject::ServerConfigurationObject(sdbus::IConnection& connection, const Ports& ports, Guard& guard,
                                                     std::string application, std::shared_ptr<AnswerOrder> order)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(application_path(application))),
      ports_(ports),
      guard_(guard),
      application_(std::move(application)),
      order_(std::move(order)) {
  registerAdaptor();
}

void ServerConfigurationObject::CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string group_id,
                                                     std::string type_id, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.CreateSigningRequest", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.server_configuration, application = application_, group_id = std::move(group_id),
                        type_id = std::move(type_id)](const Caller& caller, const auto& reply, const VariantMap& own) {
                         port.request_certificate(caller, certificate_target(application, group_id, type_id),
                                                  signing_request(own), answer_bytes(reply));
                       });
}

void ServerConfigurationObject::UpdateCertificate(sdbus::Result<bool>&& result, std::string group_id,
                                                  std::string type_id, ByteArray certificate, ByteArrays issuers,
                                                  std::string private_key_format, ByteArray private_key,
                                                  VariantMap options) {
  const bool has_private_key = !private_key.empty();
  wipe(private_key);  // it must not wait for the authority
  guard_.run_delegated(
      "org.edgeseal.ServerConfiguration1.UpdateCertificate", getObject(), application_, std::move(result),
      std::move(options),
      [&port = ports_.server_configuration, application = application_, group_id = std::move(group_id),
       type_id = std::move(type_id), certificate = std::move(certificate), issuers = std::move(issuers),
       private_key_format = std::move(private_key_format), has_private_key](const Caller& caller, const auto& reply) {
        port.push_certificate(caller, certificate_target(application, group_id, type_id),
                              pushed_certificate(certificate, issuers, private_key_format, has_private_key),
                              answer<bool>(reply));
      });
}

void ServerConfigurationObject::CreateSelfSignedCertificate(sdbus::Result<ByteArray>&& result, std::string group_id,
                                                            std::string type_id, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.CreateSelfSignedCertificate", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.server_configuration, application = application_, group_id = std::move(group_id),
                        type_id = std::move(type_id)](const Caller& caller, const auto& reply, const VariantMap& own) {
                         port.self_sign_certificate(caller, certificate_target(application, group_id, type_id),
                                                    self_signed_request(own), answer_bytes(reply));
                       });
}

void ServerConfigurationObject::DeleteCertificate(sdbus::Result<>&& result, std::string group_id, std::string type_id,
                                                  VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.DeleteCertificate", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.server_configuration, application = application_, group_id = std::move(group_id),
                        type_id = std::move(type_id)](const Caller& caller) {
                         port.delete_certificate(caller, certificate_target(application, group_id, type_id));
                       });
}

void ServerConfigurationObject::GetCertificates(sdbus::Result<std::vector<std::string>, ByteArrays>&& result,
                                                std::string group_id, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.GetCertificates", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.server_configuration, application = application_,
                        group_id = std::move(group_id)](const Caller&, const auto& reply) {
                         const auto target = certificate_target(application, group_id);
                         std::vector<std::string> types;
                         ByteArrays certificates;
                         for (const auto& slot : port.certificates_of(target.application, target.group_id)) {
                           types.push_back(slot.certificate_type);
                           certificates.push_back(to_array(slot.certificate));
                         }
                         reply->succeed(types, certificates);
                       });
}

void ServerConfigurationObject::GetRejectedList(sdbus::Result<ByteArrays>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.GetRejectedList", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.server_configuration, application = application_](const Caller&) {
                         return to_arrays(port.rejected_certificates(application));
                       });
}

void ServerConfigurationObject::ApplyChanges(sdbus::Result<>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.ApplyChanges", getObject(), application_, std::move(result),
                       std::move(options),
                       [&port = ports_.transactions, application = application_, order = order_](
                           const Caller& caller, const auto& reply, const VariantMap& own) {
                         port.apply_changes(caller, application, apply_options(own),
                                            order->before_signals(done(reply)));
                       });
}

void ServerConfigurationObject::CancelChanges(sdbus::Result<>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.CancelChanges", getObject(), application_, std::move(result),
                       std::move(options),
                       [&port = ports_.transactions, application = application_](const Caller& caller) {
                         port.cancel_changes(caller, application);
                       });
}

void ServerConfigurationObject::ConfirmChanges(sdbus::Result<>&& result, VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.ServerConfiguration1.ConfirmChanges", getObject(), application_, std::move(result),
      std::move(options),
      [&port = ports_.transactions, application = application_](const Caller& caller, const auto& reply) {
        port.confirm_changes(caller, application, done(reply));
      });
}

void ServerConfigurationObject::ResetToServerDefaults(sdbus::Result<>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.ResetToServerDefaults", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.server_configuration, application = application_, order = order_](
                           const Caller& caller, const auto& reply) {
                         port.reset_to_server_defaults(caller, application, order->before_signals(done(reply)));
                       });
}

void ServerConfigurationObject::GetTransactionDiagnostics(sdbus::Result<VariantMap>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.ServerConfiguration1.GetTransactionDiagnostics", getObject(), application_,
                       std::move(result), std::move(options),
                       [&port = ports_.transactions, application = application_](const Caller&) {
                         return to_map(port.transaction_diagnostics(application));
                       });
}

template <class T>
T ServerConfigurationObject::info(const char* property, T ServerConfigurationInfo::*member) {
  return guard_.read(property, [&] { return ports_.server_configuration.server_configuration(application_).*member; });
}

std::string ServerConfigurationObject::ApplicationUri() {
  return info("org.edgeseal.ServerConfiguration1.ApplicationUri", &ServerConfigurationInfo::application_uri);
}

std::string ServerConfigurationObject::ProductUri() {
  return info("org.edgeseal.ServerConfiguration1.ProductUri", &ServerConfigurationInfo::product_uri);
}

std::vector<std::string> ServerConfigurationObject::ServerCapabilities() {
  return info("org.edgeseal.ServerConfiguration1.ServerCapabilities", &ServerConfigurationInfo::server_capabilities);
}

std::vector<std::string> ServerConfigurationObject::SupportedPrivateKeyFormats() {
  return info("org.edgeseal.ServerConfiguration1.SupportedPrivateKeyFormats",
              &ServerConfigurationInfo::supported_private_key_formats);
}

std::uint32_t ServerConfigurationObject::MaxTrustListSize() {
  return info("org.edgeseal.ServerConfiguration1.MaxTrustListSize", &ServerConfigurationInfo::max_trust_list_size);
}

bool ServerConfigurationObject::MulticastDnsEnabled() {
  return info("org.edgeseal.ServerConfiguration1.MulticastDnsEnabled", &ServerConfigurationInfo::multicast_dns_enabled);
}

bool ServerConfigurationObject::HasSecureElement() {
  return info("org.edgeseal.ServerConfiguration1.HasSecureElement", &ServerConfigurationInfo::has_secure_element);
}

bool ServerConfigurationObject::InApplicationSetup() {
  return info("org.edgeseal.ServerConfiguration1.InApplicationSetup", &ServerConfigurationInfo::in_application_setup);
}

std::vector<std::string> ServerConfigurationObject::CertificateGroups() {
  return info("org.edgeseal.ServerConfiguration1.CertificateGroups", &ServerConfigurationInfo::certificate_groups);
}

void ServerConfigurationObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::ServerConfiguration1_adaptor::INTERFACE_NAME);
}

void ServerConfigurationObject::changes_applied(std::vector<std::string> certificate_groups,
                                                std::vector<std::string> trust_lists) {
  send("ChangesApplied",
       [this, certificate_groups = std::move(certificate_groups), trust_lists = std::move(trust_lists)] {
         emitChangesApplied(certificate_groups, trust_lists);
       });
}

void ServerConfigurationObject::shutdown_requested(std::uint32_t seconds, std::string reason) {
  send("ShutdownRequested", [this, seconds, reason = std::move(reason)] { emitShutdownRequested(seconds, reason); });
}

void ServerConfigurationObject::send(const char* signal, std::function<void()> emit) {
  order_->send([&audit = ports_.audit, signal, emit = std::move(emit)] { contain(audit, signal, emit); });
}

}  // namespace edgeseal::dbus
