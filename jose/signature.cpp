#include "jose/signature.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "jose/libcrypto.h"

namespace edgeseal::jose {

namespace {

enum class Kind { pkcs1, pss, ecdsa, eddsa };

struct Algorithm {
  std::string_view name;
  Kind kind;
  const char* digest;           // none: Ed25519
  std::string_view group = "";  // ecdsa
  std::size_t size = 0;         // of the signature; 0: of the modulus
};

constexpr std::array<Algorithm, 10> algorithms{{{"RS256", Kind::pkcs1, "SHA256"},
                                                {"RS384", Kind::pkcs1, "SHA384"},
                                                {"RS512", Kind::pkcs1, "SHA512"},
                                                {"PS256", Kind::pss, "SHA256"},
                                                {"PS384", Kind::pss, "SHA384"},
                                                {"PS512", Kind::pss, "SHA512"},
                                                {"ES256", Kind::ecdsa, "SHA256", SN_X9_62_prime256v1, 64},
                                                {"ES384", Kind::ecdsa, "SHA384", SN_secp384r1, 96},
                                                {"ES512", Kind::ecdsa, "SHA512", SN_secp521r1, 132},
                                                {"EdDSA", Kind::eddsa, nullptr, "", 64}}};
constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;

const Algorithm* find_algorithm(std::string_view name) {
  const auto* const found = std::ranges::find(algorithms, name, &Algorithm::name);
  return found == algorithms.end() ? nullptr : found;
}

PublicKeyPtr parse_key(ByteView der) {
  const unsigned char* position = octets(der);
  PublicKeyPtr key(d2i_PUBKEY(nullptr, &position, static_cast<long>(der.size())));
  if (position != octets(der) + der.size()) key.reset();
  return key;
}

bool has_group(EVP_PKEY& key, std::string_view group) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(&key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == group;
}

bool is_suitable(EVP_PKEY& key, const Algorithm& algorithm) {
  const bool length_fits = EVP_PKEY_get_bits(&key) >= min_rsa_bits && EVP_PKEY_get_bits(&key) <= max_rsa_bits;
  switch (algorithm.kind) {
    case Kind::pkcs1: return EVP_PKEY_is_a(&key, "RSA") == 1 && length_fits;
    case Kind::pss: return (EVP_PKEY_is_a(&key, "RSA") == 1 || EVP_PKEY_is_a(&key, "RSA-PSS") == 1) && length_fits;
    case Kind::ecdsa: return EVP_PKEY_is_a(&key, "EC") == 1 && has_group(key, algorithm.group);
    case Kind::eddsa: return EVP_PKEY_is_a(&key, "ED25519") == 1;
  }
  return false;
}

// R and S as RFC 7518 §3.4 has them, in the form of libcrypto.
Bytes der_signature(ByteView signature) {
  const auto half = static_cast<int>(signature.size() / 2);
  EcdsaSignaturePtr parts(ECDSA_SIG_new());
  BignumPtr r(BN_bin2bn(octets(signature), half, nullptr));
  BignumPtr s(BN_bin2bn(octets(signature) + half, half, nullptr));
  require_openssl(parts && r && s && ECDSA_SIG_set0(parts.get(), r.get(), s.get()) == 1, "ECDSA_SIG_set0");
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)));
  unsigned char* position = out_octets(der);
  i2d_ECDSA_SIG(parts.get(), &position);
  return der;
}

bool begin_check(EVP_MD_CTX& context, EVP_PKEY& key, const Algorithm& algorithm) {
  EVP_PKEY_CTX* options = nullptr;
  if (EVP_DigestVerifyInit_ex(&context, &options, algorithm.digest, nullptr, nullptr, &key, nullptr) != 1) return false;
  return algorithm.kind != Kind::pss || (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                                         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
}

bool verifies(EVP_PKEY& key, const Algorithm& algorithm, ByteView message, ByteView signature) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  return context && begin_check(*context, key, algorithm) &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message), message.size()) == 1;
}

Verdict check(EVP_PKEY& key, const Algorithm& algorithm, ByteView message, ByteView signature) {
  if (!is_suitable(key, algorithm)) return Verdict::key_unsuitable;
  const std::size_t size = algorithm.size != 0 ? algorithm.size : static_cast<std::size_t>(EVP_PKEY_get_size(&key));
  if (signature.size() != size) return Verdict::invalid;
  const bool valid = algorithm.kind == Kind::ecdsa ? verifies(key, algorithm, message, der_signature(signature))
                                                   : verifies(key, algorithm, message, signature);
  return valid ? Verdict::valid : Verdict::invalid;
}

}  // namespace

std::string_view describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid: return "valid";
    case Verdict::invalid: return "the signature does not fit the content and the key";
    case Verdict::algorithm_refused: return "not signed by an algorithm that proves anything";
    case Verdict::key_unsuitable: return "the algorithm does not belong to this type of key";
    case Verdict::key_unknown: return "no key to check it by";
    case Verdict::extension_refused: return "the header asks for an extension that is not known";
  }
  return "unknown";
}

bool is_signature_algorithm(std::string_view name) {
  return find_algorithm(name) != nullptr;
}

Verdict check_signature(std::string_view algorithm, ByteView public_key, ByteView message, ByteView signature) {
  const Algorithm* const known = find_algorithm(algorithm);
  if (!known) return Verdict::algorithm_refused;
  const PublicKeyPtr key = parse_key(public_key);
  const Verdict verdict = key ? check(*key, *known, message, signature) : Verdict::key_unsuitable;
  ERR_clear_error();
  return verdict;
}

}  // namespace edgeseal::jose
