#pragma once

#include <optional>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

// The hashes that the key socket can name, as libcrypto knows them.
[[nodiscard]] std::optional<wire::Hash> hash_of(const EVP_MD* digest) noexcept;
[[nodiscard]] std::optional<wire::Hash> hash_of_digest_size(std::size_t size) noexcept;
[[nodiscard]] const char* name_of(wire::Hash hash) noexcept;
[[nodiscard]] int nid_of(wire::Hash hash) noexcept;

}  // namespace edgeseal::provider
