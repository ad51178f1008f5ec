#pragma once

#include <optional>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

// The hashes that the key socket can name, as libcrypto knows them.
[[nodiscard]] std::optional<wire::Hash> hash_of_digest_size(std::size_t size) noexcept;
// By any name that libcrypto knows it by; nothing, with an error raised, where it is none of these.
[[nodiscard]] std::optional<wire::Hash> find_hash(OSSL_LIB_CTX* library, const char* name,
                                                  const char* properties) noexcept;
[[nodiscard]] const char* name_of(wire::Hash hash) noexcept;
[[nodiscard]] int nid_of(wire::Hash hash) noexcept;

}  // namespace edgeseal::provider
