#pragma once

#include "enroll/requested_attributes.h"

namespace edgeseal::enroll::est {

// CsrAttrs of RFC 8951 §4 with the template of RFC 9908 §3.4. Where a template is there, only it counts; object
// identifiers that nobody knows here are passed over. Throws MalformedDer.
[[nodiscard]] RequestedAttributes parse_csr_attributes(ByteView der);

}  // namespace edgeseal::enroll::est
