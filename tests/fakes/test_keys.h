#pragma once

// Keys and certificates for tests, made in a library context that has the default provider and nothing else.

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace edgeseal::fakes {

using Bytes = std::vector<std::byte>;
using PkeyPtr = std::shared_ptr<EVP_PKEY>;
using CertificatePtr = std::shared_ptr<X509>;

// "EC" is P-256, "RSA" has 2048 bits; "P-384", "ED25519", "RSA-PSS", and "RSA-PSS restricted" to SHA-256 with a salt of
// 32 bytes or more.
[[nodiscard]] PkeyPtr generate_key(const std::string& type);
[[nodiscard]] PkeyPtr read_key(const std::filesystem::path& pem);
[[nodiscard]] Bytes public_key_of(EVP_PKEY* key);  // DER SubjectPublicKeyInfo
[[nodiscard]] Bytes der_of(X509* certificate);

// Valid for localhost, signed by `issuer_key` in the name of `issuer`, or by itself where that is null.
[[nodiscard]] CertificatePtr issue_certificate(EVP_PKEY* key, const std::string& name, X509* issuer,
                                               EVP_PKEY* issuer_key);

// That context, for the life of the process.
[[nodiscard]] OSSL_LIB_CTX* default_only();

}  // namespace edgeseal::fakes
