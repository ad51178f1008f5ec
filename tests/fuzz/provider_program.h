#pragma once

// A program with the default provider and Edgeseal's, which is built in so that the sanitizers see it.

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace edgeseal::fuzz {

using PkeyPtr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

// Its library context, for the life of the process.
[[nodiscard]] OSSL_LIB_CTX* program();

// The DER key reference of a new key of which nobody has the private part, "EC", "RSA" (2048 bits) or "ED25519".
[[nodiscard]] std::string make_reference(const std::string& type);
// Null where it is none.
[[nodiscard]] PkeyPtr read_reference(const std::string& der);

// A call of the program failed: ends the process where it does not say why. Empties the error queue in any case.
void require_reason(bool succeeded);

}  // namespace edgeseal::fuzz
