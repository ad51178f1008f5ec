#pragma once

#include <string>
#include <vector>

#include "agent/trust/trust_list.h"

namespace edgeseal::bench {

// A trust list as a plant has it: authorities with a CRL each, certificates that they have issued, all of them trusted;
// and what is to be validated with it.
struct TrustMaterial {
  explicit TrustMaterial(std::size_t certificates);

  [[nodiscard]] std::size_t crls() const { return list.trusted_crls.size(); }

  agent::TrustList list;
  agent::Bytes peer;     // of an authority of the list, and not in it
  agent::Bytes revoked;  // the same, and on its CRL
};

}  // namespace edgeseal::bench
