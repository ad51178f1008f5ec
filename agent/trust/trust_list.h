#pragma once

#include <cstdint>
#include <vector>

#include "tpm/bytes.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

// TrustListMasks (OPC 10000-12 §7.8.2.9): which of the four lists are meant. Any sum of them.
using TrustListMask = std::uint32_t;
inline constexpr TrustListMask trusted_certificates_mask = 1;
inline constexpr TrustListMask trusted_crls_mask = 2;
inline constexpr TrustListMask issuer_certificates_mask = 4;
inline constexpr TrustListMask issuer_crls_mask = 8;
inline constexpr TrustListMask all_lists_mask = 15;

// TrustListDataType (OPC 10000-12 §7.8.2.8); DER. What stands in a list that the mask leaves out is empty.
struct TrustList {
  TrustListMask specified = all_lists_mask;
  std::vector<Bytes> trusted_certificates{};
  std::vector<Bytes> trusted_crls{};
  std::vector<Bytes> issuer_certificates{};
  std::vector<Bytes> issuer_crls{};

  bool operator==(const TrustList&) const = default;
};

// The lists of the mask; the others empty.
[[nodiscard]] TrustList select(const TrustList& list, TrustListMask mask);
// `list`, with those that `change` specifies in the place of its own (§7.8.2.5).
[[nodiscard]] TrustList merge(TrustList list, const TrustList& change);

// A trust list as the content of a file (§7.8.2.1): OPC UA Binary (OPC 10000-6 §5.2), not wrapped in an
// ExtensionObject. A list that is left out or empty is a null array.
[[nodiscard]] Bytes encode_trust_list(const TrustList& list);
[[nodiscard]] std::size_t encoded_size(const TrustList& list);
// Throws Error{invalid_argument} for what is not exactly one trust list: an unknown mask, a length that reaches beyond
// the end or is negative (but -1), bytes in a list that the mask leaves out, bytes behind. Allocates no more than the
// blob is long.
[[nodiscard]] TrustList decode_trust_list(ByteView blob);

}  // namespace edgeseal::agent
