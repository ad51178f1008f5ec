#pragma once

#include <string>

#include "tpm/bytes.h"

namespace edgeseal::agent {

// DER: see provider/wire/key_reference.h. `public_key`: DER SubjectPublicKeyInfo. Throws Error{internal_error}.
[[nodiscard]] tpm::Bytes key_reference(const std::string& key_name, tpm::ByteView public_key);

}  // namespace edgeseal::agent
