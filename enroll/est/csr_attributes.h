#pragma once

#include "enroll/openssl.h"

namespace edgeseal::enroll::est {

// Throws MalformedDer for what is no CsrAttrs of RFC 8951 §4, with the template of RFC 9908 §3.4. Object identifiers
// that nobody knows here are passed over.
void require_csr_attributes(ByteView der);

}  // namespace edgeseal::enroll::est
