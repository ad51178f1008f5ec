#pragma once

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

namespace edgeseal::provider {

// Whether the program has a provider active already, while this one is being activated, that makes ephemeral keys: the
// default one, or another in its place. libcrypto prefers the provider that came first where a program does not choose;
// were it this one, the program would lose all that only the others have. Source: provider-base(7).
[[nodiscard]] bool is_after_another(const OSSL_CORE_HANDLE* self, const OSSL_DISPATCH* functions) noexcept;

}  // namespace edgeseal::provider
