#pragma once

#include <sys/types.h>

#include "provider/wire/message.h"

namespace edgeseal::provider {

// Raises what the agent said instead of success, in its own words and with what to do. `user` is whom the agent saw.
void raise_refusal(wire::Status status, const wire::ErrorResponse& refusal, const char* key_name, uid_t user) noexcept;

}  // namespace edgeseal::provider
