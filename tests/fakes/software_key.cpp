#include "tests/fakes/software_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <utility>

namespace edgeseal::test {
namespace {

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
struct FreeNumber {
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
};
struct FreeArithmetic {
  void operator()(BN_CTX* context) const noexcept { BN_CTX_free(context); }
};
struct FreeBuilder {
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
};
struct FreeParameters {
  void operator()(OSSL_PARAM* parameters) const noexcept { OSSL_PARAM_free(parameters); }
};
struct FreeSignature {
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
};

using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;
using Number = std::unique_ptr<BIGNUM, FreeNumber>;
using Arithmetic = std::unique_ptr<BN_CTX, FreeArithmetic>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeBuilder>;

void require(bool success, const char* what) {
  if (!success) throw std::runtime_error(std::string("libcrypto: ") + what);
}

unsigned char* raw(tpm::Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(tpm::ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct Parameters {
  const char* group;  // nullptr: RSA
  unsigned rsa_bits;
};

Parameters parameters_of(tpm::KeyAlgorithm algorithm) {
  switch (algorithm) {
    case tpm::KeyAlgorithm::rsa_2048: return {nullptr, 2048};
    case tpm::KeyAlgorithm::rsa_3072: return {nullptr, 3072};
    case tpm::KeyAlgorithm::rsa_4096: return {nullptr, 4096};
    case tpm::KeyAlgorithm::ec_p256: return {"P-256", 0};
    case tpm::KeyAlgorithm::ec_p384: return {"P-384", 0};
    case tpm::KeyAlgorithm::ec_p521: return {"P-521", 0};
    case tpm::KeyAlgorithm::ed25519: break;
  }
  throw std::runtime_error("unknown key algorithm");
}

const EVP_MD* digest_of(tpm::HashAlgorithm hash) {
  switch (hash) {
    case tpm::HashAlgorithm::sha1: return EVP_sha1();
    case tpm::HashAlgorithm::sha256: return EVP_sha256();
    case tpm::HashAlgorithm::sha384: return EVP_sha384();
    case tpm::HashAlgorithm::sha512: return EVP_sha512();
  }
  throw std::runtime_error("unknown hash algorithm");
}

// The size of the field, in bytes.
std::size_t field_size(EVP_PKEY* key) {
  return (static_cast<std::size_t>(EVP_PKEY_get_bits(key)) + 7) / 8;
}

tpm::KeyAlgorithm curve_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_bits(key)) {
    case 256: return tpm::KeyAlgorithm::ec_p256;
    case 384: return tpm::KeyAlgorithm::ec_p384;
    default: return tpm::KeyAlgorithm::ec_p521;
  }
}

tpm::Bytes padded(const BIGNUM* number, std::size_t size) {
  tpm::Bytes out(size);
  require(BN_bn2binpad(number, raw(out), static_cast<int>(size)) >= 0, "BN_bn2binpad");
  return out;
}

Number number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
  return Number(number);
}

Context context_of(EVP_PKEY* key) {
  return Context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
}

Number number(tpm::ByteView bytes) {
  return Number(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

tpm::SecretBytes secret(const Number& value, std::size_t size) {
  return tpm::SecretBytes(padded(value.get(), size));
}

// Nothing if libcrypto refuses it, or if it contradicts itself.
EVP_PKEY* key_from(const char* type, const Builder& builder) {
  const std::unique_ptr<OSSL_PARAM, FreeParameters> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1) {
    return nullptr;
  }
  if (EVP_PKEY_check(context_of(key).get()) == 1) return key;
  EVP_PKEY_free(key);
  return nullptr;
}

Number less_one(const Number& value) {
  Number out(BN_dup(value.get()));
  BN_sub_word(out.get(), 1);
  return out;
}

// The rest of a private key (RFC 8017 §3.2) from n, e and p: q = n / p, d = 1 / e modulo (p - 1)(q - 1).
EVP_PKEY* key_from(const tpm::RsaPrivateKey& parts) {
  const Arithmetic a(BN_CTX_new());
  const Number n = number(parts.public_key.modulus), p = number(parts.prime.view()), e(BN_new()), q(BN_new()),
               rest(BN_new()), phi(BN_new()), d(BN_new()), d_p(BN_new()), d_q(BN_new()), inverse(BN_new());
  BN_set_word(e.get(), parts.public_key.exponent);
  if (BN_div(q.get(), rest.get(), n.get(), p.get(), a.get()) != 1 || BN_is_zero(q.get())) return nullptr;
  const Number p_1 = less_one(p), q_1 = less_one(q);
  if (BN_mul(phi.get(), p_1.get(), q_1.get(), a.get()) != 1 ||
      BN_mod_inverse(d.get(), e.get(), phi.get(), a.get()) == nullptr ||
      BN_mod(d_p.get(), d.get(), p_1.get(), a.get()) != 1 || BN_mod(d_q.get(), d.get(), q_1.get(), a.get()) != 1 ||
      BN_mod_inverse(inverse.get(), q.get(), p.get(), a.get()) == nullptr) {
    return nullptr;
  }
  const std::pair<const char*, const Number&> numbers[] = {
      {OSSL_PKEY_PARAM_RSA_N, n},           {OSSL_PKEY_PARAM_RSA_E, e},
      {OSSL_PKEY_PARAM_RSA_D, d},           {OSSL_PKEY_PARAM_RSA_FACTOR1, p},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, q},     {OSSL_PKEY_PARAM_RSA_EXPONENT1, d_p},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, d_q}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse}};
  const Builder builder(OSSL_PARAM_BLD_new());
  for (const auto& [name, value] : numbers) OSSL_PARAM_BLD_push_BN(builder.get(), name, value.get());
  return key_from("RSA", builder);
}

EVP_PKEY* key_from(const tpm::EcPrivateKey& parts) {
  tpm::Bytes point{std::byte{POINT_CONVERSION_UNCOMPRESSED}};
  point.insert(point.end(), parts.public_key.x.begin(), parts.public_key.x.end());
  point.insert(point.end(), parts.public_key.y.begin(), parts.public_key.y.end());
  const Number scalar = number(parts.scalar.view());
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                  parameters_of(parts.public_key.curve).group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get());
  return key_from("EC", builder);
}

tpm::Bytes sign(const Context& context, tpm::ByteView digest) {
  std::size_t size = 0;
  require(EVP_PKEY_sign(context.get(), nullptr, &size, raw(digest), digest.size()) == 1, "size of the signature");
  tpm::Bytes out(size);
  require(EVP_PKEY_sign(context.get(), raw(out), &size, raw(digest), digest.size()) == 1, "sign");
  out.resize(size);
  return out;
}

}  // namespace

SoftwareKey SoftwareKey::generate(tpm::KeyAlgorithm algorithm) {
  const Parameters parameters = parameters_of(algorithm);
  EVP_PKEY* key = parameters.group != nullptr
                      ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", parameters.group)
                      : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(parameters.rsa_bits));
  require(key != nullptr, "generate key");
  return SoftwareKey(key);
}

std::unique_ptr<SoftwareKey> SoftwareKey::from(const tpm::PrivateKey& parts) {
  EVP_PKEY* key = std::visit([](const auto& known) { return key_from(known); }, parts);
  return key == nullptr ? nullptr : std::unique_ptr<SoftwareKey>(new SoftwareKey(key));
}

std::unique_ptr<SoftwareKey> SoftwareKey::parse(tpm::ByteView der) {
  const unsigned char* next = raw(der);
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &next, static_cast<long>(der.size()));
  return key == nullptr ? nullptr : std::unique_ptr<SoftwareKey>(new SoftwareKey(key));
}

tpm::Bytes SoftwareKey::to_der() const {
  const int size = i2d_PrivateKey(key_.get(), nullptr);
  require(size > 0, "encode key");
  tpm::Bytes out(static_cast<std::size_t>(size));
  unsigned char* next = raw(out);
  i2d_PrivateKey(key_.get(), &next);
  return out;
}

bool SoftwareKey::is_rsa() const noexcept {
  return EVP_PKEY_is_a(key_.get(), "RSA") == 1;
}

tpm::PublicKey SoftwareKey::public_key() const {
  if (is_rsa()) {
    const Number modulus = number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N);
    const auto size = static_cast<std::size_t>(BN_num_bytes(modulus.get()));
    const Number exponent = number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E);
    return tpm::RsaPublicKey{padded(modulus.get(), size), static_cast<std::uint32_t>(BN_get_word(exponent.get()))};
  }
  const Number x = number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X), y = number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  const std::size_t size = field_size(key_.get());
  return tpm::EcPublicKey{curve_of(key_.get()), padded(x.get(), size), padded(y.get(), size)};
}

tpm::PrivateKey SoftwareKey::private_key() const {
  tpm::PublicKey known = public_key();
  if (is_rsa()) {
    auto& rsa = std::get<tpm::RsaPublicKey>(known);
    const std::size_t prime_size = rsa.modulus.size() / 2;
    return tpm::RsaPrivateKey{std::move(rsa), secret(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_FACTOR1), prime_size)};
  }
  return tpm::EcPrivateKey{std::get<tpm::EcPublicKey>(known),
                           secret(number_of(key_.get(), OSSL_PKEY_PARAM_PRIV_KEY), field_size(key_.get()))};
}

tpm::Bytes SoftwareKey::sign_rsa_pkcs1(tpm::HashAlgorithm hash, tpm::ByteView digest) const {
  const Context context = context_of(key_.get());
  require(EVP_PKEY_sign_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(hash)) == 1,
          "prepare RSA signature");
  return sign(context, digest);
}

tpm::EcdsaSignature SoftwareKey::sign_ecdsa(tpm::HashAlgorithm hash, tpm::ByteView digest) const {
  const Context context = context_of(key_.get());
  require(EVP_PKEY_sign_init(context.get()) == 1 && EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(hash)) == 1,
          "prepare ECDSA signature");
  const tpm::Bytes der = sign(context, digest);
  const unsigned char* next = raw(der);
  const std::unique_ptr<ECDSA_SIG, FreeSignature> signature(
      d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(der.size())));
  require(signature != nullptr, "decode ECDSA signature");
  const std::size_t size = field_size(key_.get());
  return {padded(ECDSA_SIG_get0_r(signature.get()), size), padded(ECDSA_SIG_get0_s(signature.get()), size)};
}

tpm::SecretBytes SoftwareKey::rsa_private(tpm::ByteView block) const {
  const Context context = context_of(key_.get());
  require(EVP_PKEY_decrypt_init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1,
          "prepare RSA operation");
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  tpm::SecretBytes out(size);
  auto* target = reinterpret_cast<unsigned char*>(out.span().data());
  require(EVP_PKEY_decrypt(context.get(), target, &size, raw(block), block.size()) == 1, "RSA operation");
  return out;
}

}  // namespace edgeseal::test
