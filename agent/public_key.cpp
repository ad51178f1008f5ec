#include "agent/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using NumberPtr = std::unique_ptr<BIGNUM, OpensslFree<BIGNUM, BN_free>>;
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
  const NumberPtr modulus(BN_bin2bn(octets(rsa.modulus), static_cast<int>(rsa.modulus.size()), nullptr));
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

KeyId key_id(ByteView subject_public_key_info) {
  return sha256(subject_public_key_info);
}

bool verifies(EVP_PKEY& key, ByteView digest, ByteView signature) {
  const KeyContextPtr context(EVP_PKEY_CTX_new(&key, nullptr));
  require_openssl(context && EVP_PKEY_verify_init(context.get()) > 0, "EVP_PKEY_verify_init");
  if (EVP_PKEY_is_a(&key, "RSA"))
    require_openssl(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) > 0, "set_rsa_padding");
  require_openssl(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) > 0, "set_signature_md");
  const bool good =
      EVP_PKEY_verify(context.get(), octets(signature), signature.size(), octets(digest), digest.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace edgeseal::agent
