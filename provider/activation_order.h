#pragma once

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

namespace edgeseal::provider {

// Whether the program has a provider active already, while this one is being activated. libcrypto prefers the provider
// that came first where a program does not choose; were it this one, the program would lose ephemeral keys and all else
// that only the others have.
[[nodiscard]] bool is_after_another(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept;

}  // namespace edgeseal::provider
