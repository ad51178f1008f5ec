#include "agent/keys/software_key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

#include "agent/error.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/public_key.h"
#include "agent/keys/secret_memory.h"
#include "agent/keys/signature_encoding.h"

namespace edgeseal::agent {

namespace {

using secret_memory::Scope;
using wire::SignatureScheme;
using Kind = PreparedContexts::Kind;

struct FreeOctets {
  void operator()(unsigned char* octets) const noexcept { OPENSSL_free(octets); }
};

constexpr std::size_t max_signature_size = 512;  // RSA 4096

tpm::KeyAlgorithm require_algorithm(EVP_PKEY& key) {
  if (const auto algorithm = algorithm_of(key)) return *algorithm;
  const char* const type = EVP_PKEY_get0_type_name(&key);
  throw Error(Code::not_supported, fmt::format("a private key of type {} with {} bits is not kept; what is: {}",
                                               type == nullptr ? "unknown" : type, EVP_PKEY_get_bits(&key), kept_keys));
}

// Of the same numbers.
PublicKeyPtr plain_rsa(EVP_PKEY& pss) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(&pss));
  const unsigned char* numbers = nullptr;
  int size = 0;
  require_openssl(info && PKCS8_pkey_get0(nullptr, &numbers, &size, nullptr, info.get()) == 1, "PKCS8_pkey_get0");
  PublicKeyPtr key(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &numbers, size));
  require_openssl(key != nullptr, "d2i_PrivateKey");
  return key;
}

void mark_as_pss(PKCS8_PRIV_KEY_INFO& info, tpm::ByteView pss_public_key) {
  const X509_ALGOR* algorithm = nullptr;
  require_openssl(
      PKCS8_pkey_get0(nullptr, nullptr, nullptr, &algorithm, &info) == 1 &&
          X509_ALGOR_copy(const_cast<X509_ALGOR*>(algorithm), algorithm_identifier(pss_public_key).get()) == 1,
      "X509_ALGOR_copy");
}

EVP_PKEY* generate_evp(tpm::KeyAlgorithm algorithm) {
  switch (algorithm) {
    case tpm::KeyAlgorithm::ec_p256: return EVP_EC_gen("P-256");
    case tpm::KeyAlgorithm::ec_p384: return EVP_EC_gen("P-384");
    case tpm::KeyAlgorithm::ec_p521: return EVP_EC_gen("P-521");
    case tpm::KeyAlgorithm::ed25519: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    default: return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", modulus_bits(algorithm).value());
  }
}

}  // namespace

SoftwareKey::SoftwareKey(PublicKeyPtr key)
    : algorithm_(require_algorithm(*key)), key_(std::move(key)), contexts_(std::make_unique<PreparedContexts>(*key_)) {
  if (EVP_PKEY_is_a(key_.get(), "RSA-PSS") != 1) return;
  auto encoded = encoded_public_key(key_.get());
  if (!encoded) refuse_pss_parameters();
  pss_public_key_ = std::move(*encoded);
  (void)pss_restriction(pss_public_key_);
  key_ = plain_rsa(*key_);
  contexts_ = std::make_unique<PreparedContexts>(*key_);
}

SoftwareKey SoftwareKey::generate(tpm::KeyAlgorithm algorithm, RsaUse rsa_use) {
  const Scope scope;
  PublicKeyPtr key(generate_evp(algorithm));
  require_openssl(key != nullptr, "generating a key");
  SoftwareKey generated(std::move(key));
  if (rsa_use == RsaUse::pss) generated.pss_public_key_ = as_pss_key(generated.public_key());
  return generated;
}

SoftwareKey SoftwareKey::from_pkcs8(tpm::ByteView der) {
  const Scope scope;
  const unsigned char* cursor = octets(der);
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(der.size())));
  PublicKeyPtr key(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
  require_openssl(key != nullptr, "reading a private key");
  return SoftwareKey(std::move(key));
}

tpm::Bytes SoftwareKey::public_key() const {
  if (!pss_public_key_.empty()) return pss_public_key_;
  const Scope scope;
  return der_of(key_.get(), i2d_PUBKEY);
}

tpm::Bytes SoftwareKey::sign(const SignatureRequest& request) const {
  const Scope scope;
  const auto bits = modulus_bits(algorithm_);
  const bool ed25519 = algorithm_ == tpm::KeyAlgorithm::ed25519;
  if (request.scheme == SignatureScheme::ecdsa && !bits && !ed25519)
    return sign_digest({Kind::ecdsa, {}}, request.digest);
  if (request.scheme == SignatureScheme::ed25519 && ed25519) return sign_ed25519(request.digest);
  if (request.scheme == SignatureScheme::rsa_pkcs1 && bits)
    return sign_digest({Kind::rsa_pkcs1, request.hash}, request.digest);
  if (request.scheme == SignatureScheme::rsa_pss && bits)
    return sign_padded(encode_pss(request.hash, request.digest, request.salt_length, *bits));
  if (request.scheme == SignatureScheme::rsa_raw && bits) return sign_padded(request.digest);
  throw Error(Code::not_supported, fmt::format("an {} key does not sign so", algorithm_name(algorithm_)));
}

tpm::Bytes SoftwareKey::sign_digest(const PreparedContexts::Operation& operation, tpm::ByteView digest) const {
  return contexts_->with(operation, [&](EVP_PKEY_CTX* context) {
    std::array<std::byte, max_signature_size> signature{};
    std::size_t size = signature.size();
    require_openssl(EVP_PKEY_sign(context, out_octets(signature), &size, octets(digest), digest.size()) > 0, "signing");
    return tpm::Bytes(signature.begin(), signature.begin() + static_cast<std::ptrdiff_t>(size));
  });
}

tpm::Bytes SoftwareKey::sign_padded(tpm::ByteView block) const {
  const auto signature = rsa_private(block);
  return {signature.view().begin(), signature.view().end()};
}

tpm::Bytes SoftwareKey::sign_ed25519(tpm::ByteView message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  tpm::Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  require_openssl(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                      EVP_DigestSign(context.get(), out_octets(signature), &size, octets(message), message.size()) == 1,
                  "signing");
  return signature;
}

tpm::SecretBytes SoftwareKey::rsa_private(tpm::ByteView block) const {
  const Scope scope;
  return contexts_->with({Kind::rsa_raw, {}}, [&](EVP_PKEY_CTX* context) {
    tpm::SecretBytes result(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
    std::size_t size = result.size();
    if (block.size() != size) throw Error(Code::invalid_argument, "the block is not as long as the modulus");
    const bool done = EVP_PKEY_decrypt(context, out_octets(result.span()), &size, octets(block), block.size()) > 0;
    if (!done && ERR_GET_REASON(ERR_peek_last_error()) == RSA_R_DATA_TOO_LARGE_FOR_MODULUS) {
      ERR_clear_error();
      throw Error(Code::invalid_argument, "the block is not less than the modulus");
    }
    require_openssl(done, "RSA private operation");
    return result;
  });
}

void SoftwareKey::with_pkcs8(const std::function<void(tpm::ByteView)>& use) const {
  const Scope scope;
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key_.get()));
  if (info && !pss_public_key_.empty()) mark_as_pss(*info, pss_public_key_);
  unsigned char* der = nullptr;
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  require_openssl(size > 0, "encoding a private key");
  const std::unique_ptr<unsigned char, FreeOctets> owner(der);
  use(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
}

std::optional<tpm::PrivateKey> SoftwareKey::parts() const {
  if (algorithm_ == tpm::KeyAlgorithm::ed25519) return std::nullopt;
  const Scope scope;
  tpm::PublicKey public_key = to_tpm(*key_);
  if (auto* const rsa = std::get_if<tpm::RsaPublicKey>(&public_key)) {
    tpm::SecretBytes prime = number(OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->modulus.size() / 2);
    return tpm::RsaPrivateKey{std::move(*rsa), std::move(prime)};
  }
  auto& ec = std::get<tpm::EcPublicKey>(public_key);
  tpm::SecretBytes scalar = number(OSSL_PKEY_PARAM_PRIV_KEY, ec.x.size());
  return tpm::EcPrivateKey{std::move(ec), std::move(scalar)};
}

tpm::SecretBytes SoftwareKey::number(const char* name, std::size_t size) const {
  BIGNUM* value = nullptr;
  require_openssl(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1, name);
  const SecretBignumPtr owner(value);
  tpm::SecretBytes bytes(size);
  if (BN_bn2binpad(value, out_octets(bytes.span()), static_cast<int>(size)) < 0)
    throw Error(Code::not_supported, "an RSA key whose primes differ in length does not fit a TPM");
  return bytes;
}

}  // namespace edgeseal::agent
