#pragma once

#include <optional>

#include "tpm/bytes.h"

namespace edgeseal::tpm {

// The X.509 certificate at the beginning of an NV index, which may be longer than it. Nothing if what stands there is
// not DER of that outline; nothing is verified.
[[nodiscard]] std::optional<ByteView> certificate_in(ByteView nv_content) noexcept;

}  // namespace edgeseal::tpm
