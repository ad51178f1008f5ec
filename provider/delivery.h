#pragma once

#include <openssl/core.h>

#include "provider/key.h"

namespace edgeseal::provider {

// Hand what a store or a decoder found to libcrypto (provider-object(7)). False where libcrypto does not take it.

// By the address of a variable that holds the key; the key management takes it from there.
[[nodiscard]] bool deliver(Key::Reference key, OSSL_CALLBACK* receive, void* argument) noexcept;
[[nodiscard]] bool deliver_certificate(ByteView der, OSSL_CALLBACK* receive, void* argument) noexcept;
[[nodiscard]] bool deliver_key_reference(ByteView der, OSSL_CALLBACK* receive, void* argument) noexcept;

inline constexpr const char* key_reference_structure = "EdgesealKeyReference";

}  // namespace edgeseal::provider
