#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbus/bounds.h"
#include "dbus/compat.h"
#include "dbus/ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// What the methods of CertificateGroup1 take, as the ports want it. Everything throws CallError: "NotSupported" for the
// format of a private key, else "InvalidArgument".

void check_certificate_type(const std::string& type);

[[nodiscard]] SigningRequestOptions signing_request(const VariantMap& given);
[[nodiscard]] SelfSignedOptions self_signed_request(const VariantMap& given);
[[nodiscard]] SlotCertificate slot_certificate(const std::string& type, const ByteArray& certificate,
                                               const std::vector<ByteArray>& issuers);

// OPC 10000-12 §7.10.3, and the form in which tpm2-openssl and tpm2-tools keep keys.
[[nodiscard]] const std::vector<std::string>& supported_private_key_formats();

// The key that may come along with a certificate.
[[nodiscard]] std::optional<OutsideKey> key_of_update(const VariantMap& given);
[[nodiscard]] OutsideKey key_of_import(const sdbus::UnixFd& private_key, const VariantMap& given);

struct ExportOptions {
  WhichKey which = WhichKey::active;
  Secret passphrase;
};
[[nodiscard]] ExportOptions export_request(const VariantMap& given);

struct EvidenceOptions {
  WhichKey which = WhichKey::active;
  Bytes nonce;
};
[[nodiscard]] EvidenceOptions evidence_request(const ByteArray& nonce, const VariantMap& given);

}  // namespace edgeseal::dbus
