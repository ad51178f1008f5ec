#pragma once

#include <optional>

#include "provider/hash.h"

namespace edgeseal::provider {

// What an RSA-PSS key says in its SubjectPublicKeyInfo of the signatures that may be made with it (RFC 4055 section
// 3.3).
struct PssRestrictions {
  const Hash* hash;
  const Hash* mgf1_hash;
  int min_salt_length;
};

// `restrictions` stays empty where the key has none. False, with an error raised, where no signature is possible.
[[nodiscard]] bool read_restrictions(OSSL_LIB_CTX* library, const EVP_PKEY& key,
                                     std::optional<PssRestrictions>& restrictions) noexcept;

}  // namespace edgeseal::provider
