#pragma once

#include "tpm/context.h"
#include "tpm/key_device.h"

namespace edgeseal::tpm {

[[nodiscard]] Lockout read_lockout(Context& context);

// What to throw where `error` says that the chip is locked out: the same, and for how long, and the remedy.
[[nodiscard]] Error locked_out(const Error& error, const Lockout& lockout);

}  // namespace edgeseal::tpm
