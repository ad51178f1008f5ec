#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {

// TrustListDataType (OPC 10000-12 §7.8.2.8): four lists in its order; bit n of `specified` says that list n is meant.
struct TrustList {
  enum Index : size_t { TrustedCertificates, TrustedCrls, IssuerCertificates, IssuerCrls };
  static constexpr std::array<std::string_view, 4> kNames = {"trusted-certificates", "trusted-crls",
                                                             "issuer-certificates", "issuer-crls"};
  static constexpr std::uint32_t kAll = 15;

  std::uint32_t specified = kAll;
  std::array<std::vector<Der>, 4> lists{};

  [[nodiscard]] static bool holds_crls(size_t index) { return index == TrustedCrls || index == IssuerCrls; }
};

// UA Binary (OPC 10000-6 §5.2), as in a file of a trust list (OPC 10000-12 §7.8.2.1).
[[nodiscard]] Der encode(const TrustList& list);
// Throws Failure (Usage) that names `origin` where the bytes are not exactly one trust list.
[[nodiscard]] TrustList decode_trust_list(const Der& blob, const std::string& origin);

}  // namespace edgeseal::ctl
