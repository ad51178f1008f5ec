#pragma once

#include <optional>
#include <string_view>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

// A hash as libcrypto and the key socket know it.
struct Hash {
  wire::Hash on_wire;  // none: the key socket cannot name it
  const char* name;
  int nid;
  std::size_t digest_size;
};

// As EVP_MD_fetch(), by what ends with its size alone. Null where libcrypto has none such.
[[nodiscard]] Digest fetch_digest(OSSL_LIB_CTX* library, std::string_view name, std::string_view properties) noexcept;

// By any name that libcrypto knows it by; null, with an error raised, where it is none of those that can be signed.
// Among them is the MD5-SHA1 of TLS before 1.2.
[[nodiscard]] const Hash* find_hash(OSSL_LIB_CTX* library, std::string_view name, std::string_view properties) noexcept;

// The same for those that the key socket can name.
[[nodiscard]] const Hash* find_hash_on_wire(OSSL_LIB_CTX* library, std::string_view name,
                                            std::string_view properties) noexcept;
[[nodiscard]] const Hash* hash_of_digest_size(std::size_t size) noexcept;
[[nodiscard]] const Hash& hash_of(wire::Hash hash) noexcept;

}  // namespace edgeseal::provider
