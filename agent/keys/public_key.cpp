#include "agent/keys/public_key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "agent/error.h"
#include "agent/keys/signature_encoding.h"
#include "agent/slot.h"

namespace edgeseal::agent {

namespace {

using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM, OSSL_PARAM_free>>;

PublicKeyPtr key_from(const char* type, OSSL_PARAM_BLD& builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(&builder));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  require_openssl(context && params && EVP_PKEY_fromdata_init(context.get()) > 0 &&
                      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) > 0,
                  "EVP_PKEY_fromdata");
  return PublicKeyPtr(key);
}

PublicKeyPtr to_evp(const tpm::RsaPublicKey& rsa) {
  const BignumPtr modulus(BN_bin2bn(octets(rsa.modulus), static_cast<int>(rsa.modulus.size()), nullptr));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  require_openssl(builder && modulus && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) &&
                      OSSL_PARAM_BLD_push_uint(builder.get(), OSSL_PKEY_PARAM_RSA_E, rsa.exponent),
                  "OSSL_PARAM_BLD");
  return key_from("RSA", *builder);
}

const char* curve_name(tpm::KeyAlgorithm curve) {
  switch (curve) {
    case tpm::KeyAlgorithm::ec_p256: return "P-256";
    case tpm::KeyAlgorithm::ec_p384: return "P-384";
    case tpm::KeyAlgorithm::ec_p521: return "P-521";
    default: throw Error(Code::internal_error, "not a curve");
  }
}

PublicKeyPtr to_evp(const tpm::EcPublicKey& ec) {
  Bytes point{std::byte{POINT_CONVERSION_UNCOMPRESSED}};
  point.insert(point.end(), ec.x.begin(), ec.x.end());
  point.insert(point.end(), ec.y.begin(), ec.y.end());
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  require_openssl(
      builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve_name(ec.curve), 0) &&
          OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      "OSSL_PARAM_BLD");
  return key_from("EC", *builder);
}

// Big endian, padded to `size`.
Bytes number(EVP_PKEY& key, const char* name, std::size_t size) {
  BIGNUM* value = nullptr;
  require_openssl(EVP_PKEY_get_bn_param(&key, name, &value) == 1, name);
  const BignumPtr owner(value);
  Bytes bytes(size);
  if (BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) < 0)
    throw Error(Code::invalid_argument, fmt::format("{} of the key has more than {} bytes", name, size));
  return bytes;
}

}  // namespace

Bytes subject_public_key_info(const tpm::PublicKey& key) {
  const PublicKeyPtr evp = std::visit([](const auto& which) { return to_evp(which); }, key);
  return der_of(evp.get(), i2d_PUBKEY);
}

PublicKeyPtr parse_public_key(ByteView subject_public_key_info) {
  const unsigned char* cursor = octets(subject_public_key_info);
  PublicKeyPtr key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(subject_public_key_info.size())));
  require_openssl(key != nullptr, "d2i_PUBKEY");
  return key;
}

std::optional<Bytes> encoded_public_key(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = key == nullptr ? 0 : i2d_PUBKEY(key, &der);
  ERR_clear_error();
  if (size <= 0) return std::nullopt;
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

KeyId key_id(ByteView subject_public_key_info) {
  return sha256(subject_public_key_info);
}

std::optional<tpm::KeyAlgorithm> algorithm_of(EVP_PKEY& key) {
  using tpm::KeyAlgorithm;
  if (EVP_PKEY_is_a(&key, "ED25519")) return KeyAlgorithm::ed25519;
  if (EVP_PKEY_is_a(&key, "RSA") || EVP_PKEY_is_a(&key, "RSA-PSS")) {
    for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096})
      if (static_cast<int>(*modulus_bits(algorithm)) == EVP_PKEY_get_bits(&key)) return algorithm;
    return std::nullopt;
  }
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(&key, group.data(), group.size(), nullptr) != 1) return std::nullopt;
  const int nid = OBJ_txt2nid(group.data());
  if (nid == NID_X9_62_prime256v1) return KeyAlgorithm::ec_p256;
  if (nid == NID_secp384r1) return KeyAlgorithm::ec_p384;
  if (nid == NID_secp521r1) return KeyAlgorithm::ec_p521;
  return std::nullopt;
}

tpm::PublicKey to_tpm(EVP_PKEY& key) {
  const auto algorithm = algorithm_of(key);
  if (!algorithm || *algorithm == tpm::KeyAlgorithm::ed25519)
    throw Error(Code::invalid_argument, "expected an RSA key of 2048, 3072 or 4096 bits, or P-256, P-384, P-521");
  if (modulus_bits(*algorithm)) {
    const Bytes exponent = number(key, OSSL_PKEY_PARAM_RSA_E, 4);
    std::uint32_t value = 0;
    for (const std::byte octet : exponent) value = value << 8 | std::to_integer<std::uint32_t>(octet);
    return tpm::RsaPublicKey{number(key, OSSL_PKEY_PARAM_RSA_N, *modulus_bits(*algorithm) / 8), value};
  }
  const std::size_t field = (static_cast<std::size_t>(EVP_PKEY_get_bits(&key)) + 7) / 8;
  return tpm::EcPublicKey{*algorithm, number(key, OSSL_PKEY_PARAM_EC_PUB_X, field),
                          number(key, OSSL_PKEY_PARAM_EC_PUB_Y, field)};
}

bool verifies(EVP_PKEY& key, tpm::HashAlgorithm hash, ByteView message, ByteView signature) {
  const EVP_MD* digest = EVP_PKEY_is_a(&key, "ED25519") ? nullptr : message_digest(hash);
  const DigestContextPtr context(EVP_MD_CTX_new());
  require_openssl(context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, &key) == 1,
                  "EVP_DigestVerifyInit");
  const bool good =
      EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace edgeseal::agent
