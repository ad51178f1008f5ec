#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/openssl.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

inline constexpr std::size_t max_certificate_size = 16 * 1024;  // DER; larger ones are refused before they are parsed

// Exactly one DER certificate. Throws Error{certificate_invalid}.
[[nodiscard]] CertificatePtr parse_certificate(ByteView der);
[[nodiscard]] bool is_certificate(ByteView der);
// Throws Error{certificate_invalid} unless each issuer has signed the certificate before it.
void require_chain(const X509& leaf, const std::vector<Bytes>& issuers);

// As its basicConstraints say (RFC 5280 §4.2.1.9).
[[nodiscard]] bool is_authority(X509& certificate);
[[nodiscard]] bool has_expired(const X509& certificate, std::chrono::system_clock::time_point now);
// It has begun to be valid, and has not expired.
[[nodiscard]] bool is_timely(const X509& certificate, std::chrono::system_clock::time_point now);

[[nodiscard]] std::string subject_of(const X509& certificate);  // RFC 2253

// What people and programs want to see of a certificate.
struct CertificateSummary {
  std::string subject, issuer;        // RFC 2253
  std::string serial_number;          // hexadecimal
  std::string not_before, not_after;  // RFC 3339, UTC
  std::string sha256_fingerprint;     // hexadecimal
};
[[nodiscard]] CertificateSummary summarize(ByteView der);

// dNSName and iPAddress of the subjectAltName, as text.
struct HostNames {
  std::vector<std::string> dns_names, ip_addresses;
};
[[nodiscard]] HostNames host_names_of(ByteView der);

// The URIs of the subjectAltName, in its order.
[[nodiscard]] std::vector<std::string> uris_of(const X509& certificate);
[[nodiscard]] std::vector<std::string> uris_of(ByteView der);

[[nodiscard]] std::string pem(const char* label, ByteView der);

}  // namespace edgeseal::agent
