#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgeseal::ctl {

using Der = std::vector<uint8_t>;

[[nodiscard]] std::string to_pem(const std::string& label, const Der& der);

// BesidesByOption: refuse, but the command takes a key by --key.
enum class PrivateKeys { Refuse, BesidesByOption, Skip };

struct PemBlock {
  std::string label;
  Der der;

  [[nodiscard]] bool holds_certificate() const;
  [[nodiscard]] bool holds_crl() const;
};

// Empty where the content is no PEM. Throws Failure (Usage) that names `origin` where it is damaged, or holds a private
// key that is to be refused.
[[nodiscard]] std::vector<PemBlock> pem_blocks(const std::string& content, const std::string& origin,
                                               PrivateKeys private_keys);

[[nodiscard]] bool is_certificate(const Der& der);

// The certificates of a file, in its order: PEM with one or more, or DER with one. Throws Failure (Usage) that names
// `origin` where there are none, or where there is a private key that is to be refused.
[[nodiscard]] std::vector<Der> certificates_of(const std::string& content, const std::string& origin,
                                               PrivateKeys private_keys = PrivateKeys::Refuse);

struct CertificateFacts {
  std::string subject;  // RFC 2253
  std::string issuer;
  std::string serial;      // hexadecimal
  std::string not_before;  // 2026-01-31T12:00:00Z
  std::string not_after;
  std::string fingerprint;         // SHA-256, hexadecimal
  std::vector<std::string> names;  // DNS names, addresses and URIs of subjectAltName
};

// Throws Failure (Refused) where the bytes are no certificate.
[[nodiscard]] CertificateFacts facts_of(const Der& certificate);

}  // namespace edgeseal::ctl
