#pragma once

// Owning pointers and conversions for libcrypto, for the files of agent/ that call it.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "jose/libcrypto.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

using jose::BignumPtr;
using jose::CipherContextPtr;
using jose::DigestContextPtr;
using jose::EcdsaSignaturePtr;
using jose::octets;
using jose::OpensslFree;
using jose::out_octets;
using jose::PublicKeyPtr;

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, OpensslFree<X509_ALGOR, X509_ALGOR_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO, BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509, X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION, X509_EXTENSION_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES, GENERAL_NAMES_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using NamePtr = std::unique_ptr<X509_NAME, OpensslFree<X509_NAME, X509_NAME_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslFree<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ, X509_REQ_free>>;
using SecretBignumPtr = std::unique_ptr<BIGNUM, OpensslFree<BIGNUM, BN_clear_free>>;

// The last reason on libcrypto's error queue of this thread, which is emptied.
[[nodiscard]] std::string openssl_reason();
inline constexpr std::string_view pem_begin = "-----BEGIN ";  // RFC 7468 §3
[[nodiscard]] bool looks_like_pem(std::string_view text);
// Where libcrypto read no further PEM block: it was at the end, and no block is damaged. The queue is emptied.
[[nodiscard]] bool pem_ended();
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
[[nodiscard]] tpm::Bytes sha256_bytes(tpm::ByteView bytes);         // for what is kept among other bytes
[[nodiscard]] std::array<std::byte, 20> sha1(tpm::ByteView bytes);  // thumbprints of OPC UA (OPC 10000-6 §6.2.2)
[[nodiscard]] std::string bio_text(BIO& bio);
[[nodiscard]] std::string hexadecimal(tpm::ByteView bytes);  // lower case

}  // namespace edgeseal::agent
