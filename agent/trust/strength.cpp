#include "agent/trust/strength.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

namespace edgeseal::agent {

namespace {

constexpr int max_rsa_bits = 8192, max_exponent_bits = 64;

Strength::Kind kind_of(const EVP_PKEY& key) {
  const auto is = [&](const char* name) { return EVP_PKEY_is_a(&key, name) == 1; };
  if (is("RSA") || is("RSA-PSS")) return Strength::Kind::rsa;
  if (is("EC")) return Strength::Kind::curve;
  return is("ED25519") || is("ED448") ? Strength::Kind::edwards : Strength::Kind::other;
}

int exponent_bits_of(const EVP_PKEY& key) {
  BIGNUM* exponent = nullptr;
  require_openssl(EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1, "the exponent of an RSA key");
  const int bits = BN_num_bits(exponent);
  BN_free(exponent);
  return bits;
}

int signature_hash_of(X509& certificate) {
  int digest = NID_undef, key = NID_undef, security_bits = 0;
  std::uint32_t flags = 0;
  const bool known = X509_get_signature_info(&certificate, &digest, &key, &security_bits, &flags) == 1;
  ERR_clear_error();
  return known ? digest : Strength::unknown_hash;
}

std::string weak_key(const Strength& strength, const MinimumStrength& minimum) {
  switch (strength.kind) {
    case Strength::Kind::rsa:
      if (strength.bits >= minimum.rsa_bits) return "";
      return fmt::format("RSA key of {} bits, at least {} are asked for", strength.bits, minimum.rsa_bits);
    case Strength::Kind::curve:
      if (strength.bits >= minimum.curve_bits) return "";
      return fmt::format("curve of {} bits, at least {} are asked for", strength.bits, minimum.curve_bits);
    case Strength::Kind::edwards: return "";
    case Strength::Kind::other: break;
  }
  return "its key is neither RSA nor on a known curve";
}

std::string weak_signature(const Strength& strength, const MinimumStrength& minimum) {
  if (strength.hash == Strength::unknown_hash) return "it is signed with an unknown algorithm";
  if (strength.hash == NID_undef) return "";
  const EVP_MD* hash = EVP_get_digestbynid(strength.hash);
  const int bits = hash == nullptr ? 0 : EVP_MD_get_size(hash) * 8;
  return bits >= minimum.hash_bits ? "" : fmt::format("it is signed with {}", OBJ_nid2sn(strength.hash));
}

}  // namespace

Strength strength_of(X509& certificate) {
  const EVP_PKEY& key = *X509_get0_pubkey(&certificate);
  return {kind_of(key), EVP_PKEY_get_bits(&key), signature_hash_of(certificate)};
}

std::string excess_of(const EVP_PKEY& key) {
  if (kind_of(key) != Strength::Kind::rsa) return "";
  if (const int bits = EVP_PKEY_get_bits(&key); bits > max_rsa_bits)
    return fmt::format("RSA key of {} bits, at most {} are taken", bits, max_rsa_bits);
  if (const int bits = exponent_bits_of(key); bits > max_exponent_bits)
    return fmt::format("RSA key with an exponent of {} bits, at most {} are taken", bits, max_exponent_bits);
  return "";
}

std::string weakness_of(const Strength& strength, const MinimumStrength& minimum) {
  std::string text = weak_key(strength, minimum);
  return text.empty() ? weak_signature(strength, minimum) : text;
}

}  // namespace edgeseal::agent
