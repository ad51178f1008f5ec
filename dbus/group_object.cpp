#include "dbus/group_object.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kTypeBytes{1, 64};
constexpr Bounds kCertificateBytes{1, 65536};
constexpr Bounds kIssuers{0, 16};
constexpr Bounds kNonceBytes{32, 1024};
constexpr size_t kSubjectBytes = 1024;
constexpr size_t kMostNames = 64;
constexpr size_t kDnsNameBytes = 253;
constexpr size_t kAddressBytes = 45;  // IPv6 text with an IPv4 tail

SigningRequestOptions signing_request(const VariantMap& given) {
  Options options(given);
  SigningRequestOptions request{.subject = options.text("subject", kSubjectBytes),
                                .regenerate_private_key = options.flag("regenerate-private-key"),
                                .nonce = options.bytes("nonce", kNonceBytes),
                                .dns_names = options.texts("dns-names", kMostNames, kDnsNameBytes),
                                .ip_addresses = options.texts("ip-addresses", kMostNames, kAddressBytes)};
  options.finish();
  return request;
}

SlotCertificate slot_certificate(const std::string& type, const ByteArray& certificate,
                                 const std::vector<ByteArray>& issuers) {
  check_size("certificateType", type.size(), kTypeBytes);
  check_size("certificate", certificate.size(), kCertificateBytes);
  check_size("issuerCertificates", issuers.size(), kIssuers);
  SlotCertificate staged{type, to_bytes(certificate), {}};
  for (const auto& issuer : issuers) {
    check_size("an entry of issuerCertificates", issuer.size(), kCertificateBytes);
    staged.issuer_certificates.push_back(to_bytes(issuer));
  }
  return staged;
}

std::vector<ByteArray> to_arrays(const std::vector<Bytes>& all) {
  std::vector<ByteArray> arrays;
  std::ranges::transform(all, std::back_inserter(arrays), to_array);
  return arrays;
}

}  // namespace

GroupObject::GroupObject(sdbus::IConnection& connection, CertificateGroupPort& groups, Guard& guard, GroupName name)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(group_path(name))),
      groups_(groups),
      guard_(guard),
      name_(std::move(name)) {
  registerAdaptor();
}

void GroupObject::CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.CreateSigningRequest", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), options = std::move(options)](
                 const Caller& caller, const auto& reply) {
               check_size("certificateType", type.size(), kTypeBytes);
               groups.create_signing_request(caller, name, type, signing_request(options),
                                             reply->template completion<Bytes>([](auto& open, const Bytes& request) {
                                               open.succeed(to_array(request));
                                             }));
             });
}

void GroupObject::UpdateCertificate(sdbus::Result<bool>&& result, std::string type, ByteArray certificate,
                                    Certificates issuers, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.UpdateCertificate", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), certificate = std::move(certificate),
              issuers = std::move(issuers), options = std::move(options)](const Caller& caller, const auto& reply) {
               Options(options).finish();
               groups.update_certificate(caller, name, slot_certificate(type, certificate, issuers), std::nullopt,
                                         reply->template completion<bool>([](auto& open, bool apply_changes_required) {
                                           open.succeed(apply_changes_required);
                                         }));
             });
}

void GroupObject::ApplyChanges(sdbus::Result<>&& result, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.ApplyChanges", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, options = std::move(options)](const Caller& caller, const auto& reply) {
               Options(options).finish();
               groups.apply_changes(
                   caller, name,
                   reply->template completion<std::monostate>([](auto& open, std::monostate) { open.succeed(); }));
             });
}

void GroupObject::CancelChanges(sdbus::Result<>&& result) {
  guard_.run("org.edgeseal.CertificateGroup1.CancelChanges", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_](const Caller& caller, const auto& reply) {
               groups.cancel_changes(caller, name);
               reply->succeed();
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

bool GroupObject::TransactionPending() {
  return guard_.read("org.edgeseal.CertificateGroup1.TransactionPending",
                     [this] { return groups_.group_info(name_).transaction_pending; });
}

void GroupObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::CertificateGroup1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
