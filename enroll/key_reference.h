#pragma once

#include "enroll/openssl.h"

namespace edgeseal::enroll {

// The key that a key reference in DER stands for, as any provider of this process reads it. Nothing of the key itself
// comes here. Throws Error{policy} when there is none.
[[nodiscard]] Key open_key_reference(ByteView der);

}  // namespace edgeseal::enroll
