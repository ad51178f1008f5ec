#include "dbus/group_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/completions.h"
#include "dbus/group_arguments.h"
#include "dbus/object_path.h"
#include "dbus/trust_arguments.h"

namespace edgeseal::dbus {

GroupObject::GroupObject(sdbus::IConnection& connection, const Ports& ports, Guard& guard, GroupName name,
                         std::shared_ptr<AnswerOrder> order)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(group_path(name))),
      groups_(ports.groups),
      transactions_(ports.transactions),
      guard_(guard),
      name_(std::move(name)),
      order_(std::move(order)) {
  registerAdaptor();
}

void GroupObject::CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.CreateSigningRequest", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), options = std::move(options)](
                 const Caller& caller, const auto& reply) {
               check_certificate_type(type);
               groups.create_signing_request(caller, name, type, signing_request(options), answer_bytes(reply));
             });
}

void GroupObject::UpdateCertificate(sdbus::Result<bool>&& result, std::string type, ByteArray certificate,
                                    Certificates issuers, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.UpdateCertificate", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), certificate = std::move(certificate),
              issuers = std::move(issuers), options = std::move(options)](const Caller& caller, const auto& reply) {
               groups.update_certificate(caller, name, slot_certificate(type, certificate, issuers),
                                         key_of_update(options), answer<bool>(reply));
             });
}

void GroupObject::ApplyChanges(sdbus::Result<>&& result, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.ApplyChanges", getObject(), name_.application, std::move(result),
             [&transactions = transactions_, application = name_.application, order = order_,
              options = std::move(options)](const Caller& caller, const auto& reply) {
               transactions.apply_changes(caller, application, apply_options(options),
                                          order->before_signals(done(reply)));
             });
}

void GroupObject::CancelChanges(sdbus::Result<>&& result) {
  guard_.run("org.edgeseal.CertificateGroup1.CancelChanges", getObject(), name_.application, std::move(result),
             [&transactions = transactions_, application = name_.application](const Caller& caller) {
               transactions.cancel_changes(caller, application);
             });
}

void GroupObject::ConfirmChanges(sdbus::Result<>&& result) {
  guard_.run("org.edgeseal.CertificateGroup1.ConfirmChanges", getObject(), name_.application, std::move(result),
             [&transactions = transactions_, application = name_.application](const Caller& caller, const auto& reply) {
               transactions.confirm_changes(caller, application, done(reply));
             });
}

void GroupObject::GetCertificates(
    sdbus::Result<std::vector<std::string>, Certificates, std::vector<Certificates>>&& result) {
  guard_.run("org.edgeseal.CertificateGroup1.GetCertificates", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_](const Caller&, const auto& reply) {
               std::vector<std::string> types;
               Certificates certificates;
               std::vector<Certificates> issuers;
               for (const auto& slot : groups.certificates(name)) {
                 types.push_back(slot.certificate_type);
                 certificates.push_back(to_array(slot.certificate));
                 issuers.push_back(to_arrays(slot.issuer_certificates));
               }
               reply->succeed(types, certificates, issuers);
             });
}

std::vector<std::string> GroupObject::CertificateTypes() {
  return guard_.read("org.edgeseal.CertificateGroup1.CertificateTypes",
                     [this] { return groups_.group_info(name_).certificate_types; });
}

std::string GroupObject::Directory() {
  return guard_.read("org.edgeseal.CertificateGroup1.Directory",
                     [this] { return groups_.group_info(name_).directory; });
}

std::vector<std::string> GroupObject::SupportedPrivateKeyFormats() {
  return supported_private_key_formats();
}

bool GroupObject::TransactionPending() {
  return guard_.read("org.edgeseal.CertificateGroup1.TransactionPending",
                     [this] { return groups_.group_info(name_).transaction_pending; });
}

void GroupObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::CertificateGroup1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
