#pragma once

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>

#include "jose/bytes.h"
#include "jose/error.h"

// Owning pointers and conversions for libcrypto, for the files of agent/, enroll/ and jose/ that call it.
namespace edgeseal::jose {

template <class T, void (*Free)(T*)>
struct OpensslFree {
  void operator()(T* object) const noexcept { Free(object); }
};
using BignumPtr = std::unique_ptr<BIGNUM, OpensslFree<BIGNUM, BN_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX, EVP_MD_CTX_free>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG, ECDSA_SIG_free>>;
using PublicKeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY, EVP_PKEY_free>>;

inline const unsigned char* octets(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
// For what libcrypto writes.
inline unsigned char* out_octets(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
inline int length(ByteView bytes) {
  return static_cast<int>(bytes.size());
}
inline void require_openssl(bool done, const char* operation) {
  if (!done) throw Error(Problem::failed, std::string(operation) + " failed in libcrypto");
}

}  // namespace edgeseal::jose
