#pragma once

#include "provider/wire/message.h"

namespace edgeseal::provider {

// Raises what the agent said instead of success, in its own words and with what to do.
void raise_refusal(wire::Status status, const wire::ErrorResponse& refusal, const char* key_name) noexcept;

}  // namespace edgeseal::provider
