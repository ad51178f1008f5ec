#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/state/state.h"
#include "provider/wire/message.h"

namespace edgeseal::agent {

// What the programs of a certificate group accept as roots.
struct TrustAnchors {
  std::uint32_t generation = 0;     // tells one list from another, whichever agent made it
  std::vector<Bytes> certificates;  // DER, each once
};

// The trusted certificates of a list, in its order. Programs take those for roots that are self-signed, and others
// where they accept partial chains.
[[nodiscard]] TrustAnchors trust_anchors_of(const TrustList& list);
// For a group that was never given a trust list: the self-signed certificates among the issuers that were installed
// with its certificates.
[[nodiscard]] TrustAnchors trust_anchors_of(State& state, const ApplicationRecord& application,
                                            const std::string& group);

// From number `first` on, as many as fit into a record of the key socket. Views into `anchors`.
// Throws Error{not_supported} for more than the protocol can count.
[[nodiscard]] wire::TrustAnchorsResponse page_of(const TrustAnchors& anchors, std::size_t first);

}  // namespace edgeseal::agent
