#pragma once

// Owning pointers and conversions for libcrypto, for the files of agent/ that call it.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <span>
#include <string>

#include "tpm/bytes.h"

namespace edgeseal::agent {

template <class T, void (*Free)(T*)>
struct OpensslFree {
  void operator()(T* object) const noexcept { Free(object); }
};
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, OpensslFree<X509_ALGOR, X509_ALGOR_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO, BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509, X509_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX, EVP_MD_CTX_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES, GENERAL_NAMES_free>>;
using PublicKeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY, EVP_PKEY_free>>;

inline const unsigned char* octets(tpm::ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// For what libcrypto writes.
inline unsigned char* out_octets(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// The last reason on libcrypto's error queue of this thread, which is emptied.
[[nodiscard]] std::string openssl_reason();
// Throws Error{internal_error} unless `done`.
void require_openssl(bool done, const char* operation);

// What an i2d function writes.
template <class T, class Encode>
[[nodiscard]] tpm::Bytes der_of(T* object, const Encode& encode) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  require_openssl(size > 0, "DER encoding");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  tpm::Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

[[nodiscard]] std::array<std::byte, 32> sha256(tpm::ByteView bytes);
[[nodiscard]] std::array<std::byte, 32> sha256(std::initializer_list<tpm::ByteView> parts);
[[nodiscard]] std::string bio_text(BIO& bio);
[[nodiscard]] std::string hexadecimal(tpm::ByteView bytes);  // lower case

}  // namespace edgeseal::agent
