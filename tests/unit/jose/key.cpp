#include "tests/unit/jose/key.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace edgeseal::jose::test {

namespace {

const char* digest_of(std::string_view algorithm) {
  if (algorithm.ends_with("256")) return "SHA256";
  return algorithm.ends_with("384") ? "SHA384" : "SHA512";
}

// R and S, each as long as the order of the curve.
Bytes raw(const Bytes& der, int order_size) {
  const unsigned char* position = octets(der);
  const EcdsaSignaturePtr parts(d2i_ECDSA_SIG(nullptr, &position, length(der)));
  Bytes result(static_cast<std::size_t>(order_size) * 2);
  BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out_octets(result), order_size);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out_octets(result) + order_size, order_size);
  return result;
}

}  // namespace

Key::Key(EVP_PKEY* key) : key_(key) {
  require_openssl(key != nullptr, "EVP_PKEY_Q_keygen");
}

Key Key::rsa(unsigned bits) {
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
}

Key Key::ec(const char* group) {
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group));
}

Key Key::ed25519() {
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

Bytes Key::public_key() const {
  Bytes der(static_cast<std::size_t>(i2d_PUBKEY(key_.get(), nullptr)));
  unsigned char* position = out_octets(der);
  i2d_PUBKEY(key_.get(), &position);
  return der;
}

Bytes Key::sign(std::string_view algorithm, ByteView message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const char* const digest = algorithm == "EdDSA" ? nullptr : digest_of(algorithm);
  require_openssl(EVP_DigestSignInit_ex(context.get(), &options, digest, nullptr, nullptr, key_.get(), nullptr) == 1,
                  "EVP_DigestSignInit_ex");
  if (algorithm.starts_with("PS"))
    require_openssl(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1,
                    "PSS");
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  Bytes signature(size);
  require_openssl(EVP_DigestSign(context.get(), out_octets(signature), &size, octets(message), message.size()) == 1,
                  "EVP_DigestSign");
  signature.resize(size);
  return algorithm.starts_with("ES") ? raw(signature, (EVP_PKEY_get_bits(key_.get()) + 7) / 8) : signature;
}

}  // namespace edgeseal::jose::test
