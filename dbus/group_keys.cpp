// The methods of CertificateGroup1 that are about private keys.

#include <utility>

#include "dbus/completions.h"
#include "dbus/group_arguments.h"
#include "dbus/group_object.h"

namespace edgeseal::dbus {
namespace {

VariantMap to_map(const KeyEvidence& evidence) {
  return {{"public-area", sdbus::Variant(to_array(evidence.public_area))},
          {"certify-info", sdbus::Variant(to_array(evidence.certify_info))},
          {"signature", sdbus::Variant(to_array(evidence.signature))},
          {"attestation-public-area", sdbus::Variant(to_array(evidence.attestation_public_area))},
          {"endorsement-certificates", sdbus::Variant(to_arrays(evidence.endorsement_certificates))}};
}

}  // namespace

void GroupObject::CreateSelfSignedCertificate(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) {
  guard_.run(
      "org.edgeseal.CertificateGroup1.CreateSelfSignedCertificate", getObject(), name_.application, std::move(result),
      [&groups = groups_, name = name_, type = std::move(type), options = std::move(options)](const Caller& caller,
                                                                                              const auto& reply) {
        check_certificate_type(type);
        groups.create_self_signed_certificate(caller, name, type, self_signed_request(options), answer_bytes(reply));
      });
}

void GroupObject::ImportPrivateKey(sdbus::Result<ByteArray>&& result, std::string type, sdbus::UnixFd private_key,
                                   VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.ImportPrivateKey", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), private_key = std::move(private_key),
              options = std::move(options)](const Caller& caller, const auto& reply) {
               check_certificate_type(type);
               groups.import_private_key(caller, name, type, key_of_import(private_key, options), answer_bytes(reply));
             });
}

void GroupObject::ExportTssPrivateKey(sdbus::Result<ByteArray>&& result, std::string type, VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.ExportTssPrivateKey", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), options = std::move(options)](
                 const Caller& caller, const auto& reply) {
               check_certificate_type(type);
               auto [which, passphrase] = export_request(options);
               groups.export_tss_private_key(caller, name, type, which, std::move(passphrase), answer_bytes(reply));
             });
}

void GroupObject::DestroyRetiredKeys(sdbus::Result<std::uint32_t>&& result, std::string type) {
  guard_.run("org.edgeseal.CertificateGroup1.DestroyRetiredKeys", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type)](const Caller& caller) {
               check_certificate_type(type);
               return groups.destroy_retired_keys(caller, name, type);
             });
}

void GroupObject::CertifyKey(sdbus::Result<VariantMap>&& result, std::string type, ByteArray nonce,
                             VariantMap options) {
  guard_.run("org.edgeseal.CertificateGroup1.CertifyKey", getObject(), name_.application, std::move(result),
             [&groups = groups_, name = name_, type = std::move(type), nonce = std::move(nonce),
              options = std::move(options)](const Caller& caller, const auto& reply) {
               check_certificate_type(type);
               const auto request = evidence_request(nonce, options);
               groups.certify_key(caller, name, type, request.which, request.nonce,
                                  reply->template completion<KeyEvidence>(
                                      [](auto& open, const KeyEvidence& evidence) { open.succeed(to_map(evidence)); }));
             });
}

}  // namespace edgeseal::dbus
