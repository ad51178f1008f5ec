#include "tests/tpm/signature_check.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>

namespace edgeseal::test {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using Bignum = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using BignumContext = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Ecdsa = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

const unsigned char* raw(tpm::ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bignum bignum(tpm::ByteView bytes) {
  return Bignum(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

Key from_params(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    throw std::runtime_error("libcrypto refuses the public key");
  }
  return Key(key);
}

Key evp_key(const tpm::RsaPublicKey& key) {
  const Builder builder(OSSL_PARAM_BLD_new());
  const Bignum modulus = bignum(key.modulus);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_uint32(builder.get(), OSSL_PKEY_PARAM_RSA_E, key.exponent);
  return from_params("RSA", builder.get());
}

const char* group_of(tpm::KeyAlgorithm curve) {
  switch (curve) {
    case tpm::KeyAlgorithm::ec_p384: return "P-384";
    case tpm::KeyAlgorithm::ec_p521: return "P-521";
    default: return "P-256";
  }
}

Key evp_key(const tpm::EcPublicKey& key) {
  tpm::Bytes point{std::byte{POINT_CONVERSION_UNCOMPRESSED}};
  point.insert(point.end(), key.x.begin(), key.x.end());
  point.insert(point.end(), key.y.begin(), key.y.end());
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_of(key.curve), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return from_params("EC", builder.get());
}

Key evp_key(const tpm::PublicKey& key) {
  return std::visit([](const auto& known) { return evp_key(known); }, key);
}

bool verify(const KeyContext& context, tpm::ByteView digest, tpm::ByteView signature) {
  return EVP_PKEY_verify(context.get(), raw(signature), signature.size(), raw(digest), digest.size()) == 1;
}

KeyContext verifier(const tpm::PublicKey& key) {
  const Key evp = evp_key(key);
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, evp.get(), nullptr));
  if (EVP_PKEY_verify_init(context.get()) != 1) throw std::runtime_error("EVP_PKEY_verify_init failed");
  return context;
}

}  // namespace

tpm::Bytes sha256(tpm::ByteView message) {
  tpm::Bytes digest(32);
  EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
             nullptr);
  return digest;
}

bool verify_rsa_pkcs1(const tpm::PublicKey& key, tpm::ByteView sha256_digest, tpm::ByteView signature) {
  const KeyContext context = verifier(key);
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING);
  EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256());
  return verify(context, sha256_digest, signature);
}

bool verify_ecdsa(const tpm::PublicKey& key, tpm::ByteView sha256_digest, const tpm::EcdsaSignature& signature) {
  const Ecdsa ecdsa(ECDSA_SIG_new());
  ECDSA_SIG_set0(ecdsa.get(), bignum(signature.r).release(), bignum(signature.s).release());
  tpm::Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(ecdsa.get(), nullptr)));
  auto* end = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(ecdsa.get(), &end);
  return verify(verifier(key), sha256_digest, der);
}

tpm::Bytes rsa_public(const tpm::PublicKey& key, tpm::ByteView block) {
  const auto& rsa = std::get<tpm::RsaPublicKey>(key);
  const Bignum modulus = bignum(rsa.modulus), base = bignum(block), exponent(BN_new()), result(BN_new());
  const BignumContext context(BN_CTX_new());
  BN_set_word(exponent.get(), rsa.exponent);
  BN_mod_exp(result.get(), base.get(), exponent.get(), modulus.get(), context.get());
  tpm::Bytes out(rsa.modulus.size());
  BN_bn2binpad(result.get(), reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  return out;
}

}  // namespace edgeseal::test
