#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {

// Files that speak of trust are larger than others: ten thousand certificates.
inline constexpr size_t kMostTrustBytes = size_t{64} * 1024 * 1024;

struct TrustMaterial {
  std::vector<Der> certificates;
  std::vector<Der> crls;

  void add(TrustMaterial more);
  [[nodiscard]] bool empty() const { return certificates.empty() && crls.empty(); }
};

// Certificates and CRLs of files: PEM with any number of both, or DER with one. A directory stands for all files below
// it. Private keys are passed over. Throws Failure (Usage) that names the file where it holds neither.
[[nodiscard]] TrustMaterial read_trust_material(const std::filesystem::path& path);
[[nodiscard]] TrustMaterial read_trust_material(const std::vector<std::string>& paths);

struct CrlFacts {
  std::string issuer;       // RFC 2253
  std::string last_update;  // 2026-01-31T12:00:00Z
  std::string next_update;  // empty: none is told
  size_t revoked = 0;       // certificates
};
// Throws Failure (Refused) where the bytes are no CRL.
[[nodiscard]] CrlFacts crl_facts_of(const Der& crl);

// SHA-1 of the DER form, 40 hexadecimal digits: what OPC UA calls certificates by (OPC 10000-12 §7.8.2.7).
[[nodiscard]] std::string thumbprint_of(const Der& certificate);
// The thumbprint that a text is, upper or lower case, with or without colons; empty where it is none.
[[nodiscard]] std::string as_thumbprint(const std::string& text);

}  // namespace edgeseal::ctl
