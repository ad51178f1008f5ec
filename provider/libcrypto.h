#pragma once

// Ownership of libcrypto's objects, and of the provider's own, which live in libcrypto's memory: the module has no C++
// run-time.

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <new>
#include <span>
#include <utility>

#include "provider/wire/message.h"

namespace edgeseal::provider {

using wire::ByteView;
using wire::MutableByteView;

template <auto Free>
struct FreeBy {
  template <typename Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};

struct OpensslFree {
  void operator()(void* memory) const noexcept { OPENSSL_free(memory); }
};

// Destroys and releases what make_object() made.
struct Destroy {
  template <typename Object>
  void operator()(Object* object) const noexcept {
    object->~Object();
    OPENSSL_free(object);
  }
};

using Pkey = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Name = std::unique_ptr<X509_NAME, FreeBy<X509_NAME_free>>;
using BigNumber = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using KeyManagement = std::unique_ptr<EVP_KEYMGMT, FreeBy<EVP_KEYMGMT_free>>;
using Digest = std::unique_ptr<EVP_MD, FreeBy<EVP_MD_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using LibraryContext = std::unique_ptr<OSSL_LIB_CTX, FreeBy<OSSL_LIB_CTX_free>>;
using AlgorithmIdentifier = std::unique_ptr<X509_ALGOR, FreeBy<X509_ALGOR_free>>;
using PssParameters = std::unique_ptr<RSA_PSS_PARAMS, FreeBy<RSA_PSS_PARAMS_free>>;
template <typename Element>
using OpensslMemory = std::unique_ptr<Element, OpensslFree>;
template <typename Object>
using Owned = std::unique_ptr<Object, Destroy>;

// Null where memory is out.
template <typename Object, typename... Arguments>
[[nodiscard]] Owned<Object> make_object(Arguments&&... arguments) noexcept {
  void* memory = OPENSSL_zalloc(sizeof(Object));
  return Owned<Object>(memory == nullptr ? nullptr : ::new (memory) Object(std::forward<Arguments>(arguments)...));
}

[[nodiscard]] inline unsigned char* as_writable_octets(MutableByteView bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

[[nodiscard]] inline const unsigned char* as_octets(ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

[[nodiscard]] inline ByteView as_bytes(const unsigned char* data, std::size_t size) noexcept {
  return {reinterpret_cast<const std::byte*>(data), size};
}

}  // namespace edgeseal::provider
