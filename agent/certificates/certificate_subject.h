#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/openssl.h"
#include "tpm/key_types.h"

namespace edgeseal::agent {

struct ApplicationRecord;

// hardwareModuleName (RFC 4108 §5): which piece of hardware, as IEEE 802.1AR wants it in an IDevID.
struct HardwareModule {
  std::string type;  // object identifier of the kind of hardware, "1.3.6.1.4.1.32473.7"
  std::string serial_number;
};

// Whom a certificate is for (OPC 10000-6 §6.2.2, OPC 10000-12 §7.10.10).
struct CertificateSubject {
  std::string distinguished_name{};  // "CN=gw1,O=Example" or "CN=gw1/O=Example"; \ escapes a separator
  tpm::Bytes certificate{};          // DER: lends its subject where distinguished_name is empty
  std::string application_uri{};     // subjectAltName URI; empty: none
  std::vector<std::string> dns_names{};
  std::vector<std::string> ip_addresses{};
  std::optional<HardwareModule> hardware_module{};  // subjectAltName otherName
};

// What `wanted` leaves open is as its certificate has it, the present one of the slot (RFC 7030 §4.2.2: a renewal keeps
// subject and names); without one it is the name of the application, and that of the host.
[[nodiscard]] CertificateSubject subject_for(const ApplicationRecord& application, CertificateSubject wanted);

struct FreeExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * stack) const noexcept;
};
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions>;

// A value as it stands in CertificateSubject::distinguished_name.
[[nodiscard]] std::string escaped_value(const std::string& value);

enum class Issuer { authority, itself };

// Throw Error{invalid_argument} for a subject or name that cannot be encoded.
[[nodiscard]] NamePtr name_of(const CertificateSubject& subject);
// basicConstraints, extendedKeyUsage, subjectAltName.
[[nodiscard]] ExtensionsPtr extensions_of(const CertificateSubject& subject);

// RSA keys sign and decrypt, the others sign; a self-signed certificate is also signed by its key.
void push_key_usage(STACK_OF(X509_EXTENSION) & extensions, const EVP_PKEY& key, Issuer issuer);

}  // namespace edgeseal::agent
