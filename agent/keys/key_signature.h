#pragma once

#include <functional>

#include "agent/keys/key_service.h"

namespace edgeseal::agent {

// Throws Error{not_supported} where the key cannot sign so, or is not permitted to.
void require_fit(const Key& key, const SignatureRequest& request);

// The one TPM command of a signature by a `tpm` key.
[[nodiscard]] std::function<Bytes(tpm::KeyDevice&)> sign_command(const KeyPtr& key, const SignatureRequest& request);

}  // namespace edgeseal::agent
