#pragma once

#include <vector>

#include "enroll/openssl.h"

namespace edgeseal::enroll::est {

// The certificates of a certs-only CMS message in Base64 (RFC 7030 §4.1.3, §4.2.3, RFC 8951 §3), in their order and
// each once; at least one. PEM armour is refused: no specification allows it. Throws Error{transport}.
[[nodiscard]] std::vector<Certificate> parse_certs_only(ByteView text);

}  // namespace edgeseal::enroll::est
