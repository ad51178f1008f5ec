#pragma once

// What requests of the key socket ask of a private key, done by libcrypto.

#include <optional>

#include "provider/wire/message.h"
#include "tests/fakes/test_keys.h"

namespace edgeseal::fakes {

[[nodiscard]] wire::KeyType type_of(EVP_PKEY* key);

// Throws std::runtime_error where key and request do not fit.
[[nodiscard]] Bytes sign(EVP_PKEY* key, const wire::SignRequest& request);

// The plaintexts of the blocks in a row; nothing where one of them was not made with the public key. PKCS#1 v1.5 with
// implicit rejection is not libcrypto 3.0's: what takes its place is 48 zero bytes.
[[nodiscard]] std::optional<Bytes> decrypt(EVP_PKEY* key, const wire::DecryptRequest& request);

}  // namespace edgeseal::fakes
