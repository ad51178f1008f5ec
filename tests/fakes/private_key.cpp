#include "tests/fakes/private_key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <stdexcept>

namespace edgeseal::fakes {
namespace {

using Context = std::shared_ptr<EVP_PKEY_CTX>;

const char* name_of(wire::Hash hash) {
  switch (hash) {
    case wire::Hash::none: return "";
    case wire::Hash::sha1: return "SHA1";
    case wire::Hash::sha256: return "SHA256";
    case wire::Hash::sha384: return "SHA384";
    case wire::Hash::sha512: return "SHA512";
  }
  return "";
}

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* octets(wire::ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void require(bool good) {
  if (!good) throw std::runtime_error("the key cannot do what is asked of it");
}

Context context_of(EVP_PKEY* key) {
  return {EVP_PKEY_CTX_new_from_pkey(default_only(), key, nullptr), EVP_PKEY_CTX_free};
}

Bytes sign_message(EVP_PKEY* key, wire::ByteView message) {
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Bytes signature(64);
  std::size_t size = signature.size();
  require(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, default_only(), nullptr, key, nullptr) == 1 &&
          EVP_DigestSign(context.get(), octets(signature), &size, octets(message), message.size()) == 1);
  return signature;
}

bool set_scheme(EVP_PKEY_CTX* context, const wire::SignRequest& request) {
  if (request.scheme == wire::SignatureScheme::rsa_raw)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1;
  const std::shared_ptr<EVP_MD> digest(EVP_MD_fetch(default_only(), name_of(request.hash), nullptr), EVP_MD_free);
  if (EVP_PKEY_CTX_set_signature_md(context, digest.get()) != 1) return false;
  return request.scheme != wire::SignatureScheme::rsa_pss ||
         (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, request.salt_length) == 1);
}

Bytes sign_digest(EVP_PKEY* key, const wire::SignRequest& request) {
  const Context context = context_of(key);
  require(EVP_PKEY_sign_init(context.get()) == 1 && set_scheme(context.get(), request));
  Bytes signature(1024);
  std::size_t size = signature.size();
  require(EVP_PKEY_sign(context.get(), octets(signature), &size, octets(request.digest), request.digest.size()) == 1);
  signature.resize(size);
  return signature;
}

Context decryption(EVP_PKEY* key, const wire::DecryptRequest& request) {
  const Context context = context_of(key);
  require(EVP_PKEY_decrypt_init(context.get()) == 1);
  if (request.scheme == wire::DecryptionScheme::rsa_pkcs1) {
    require(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
    return context;
  }
  require(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), name_of(request.hash), nullptr) == 1 &&
          EVP_PKEY_CTX_set_rsa_mgf1_md_name(context.get(), name_of(request.mgf_hash), nullptr) == 1);
  if (request.label.empty()) return context;
  void* label = OPENSSL_memdup(request.label.data(), request.label.size());
  require(EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), label, static_cast<int>(request.label.size())) == 1);
  return context;
}

}  // namespace

wire::KeyType type_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return wire::KeyType::rsa;
  if (EVP_PKEY_is_a(key, "RSA-PSS") == 1) return wire::KeyType::rsa_pss;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return wire::KeyType::ed25519;
  return EVP_PKEY_get_bits(key) == 384 ? wire::KeyType::ec_p384 : wire::KeyType::ec_p256;
}

Bytes sign(EVP_PKEY* key, const wire::SignRequest& request) {
  return request.scheme == wire::SignatureScheme::ed25519 ? sign_message(key, request.digest)
                                                          : sign_digest(key, request);
}

std::optional<Bytes> decrypt(EVP_PKEY* key, const wire::DecryptRequest& request) {
  const auto modulus_size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  const Context context = decryption(key, request);
  Bytes plaintext;
  for (wire::ByteView rest = request.ciphertext; !rest.empty(); rest = rest.subspan(modulus_size)) {
    if (rest.size() < modulus_size) return std::nullopt;
    Bytes block(modulus_size);
    std::size_t size = block.size();
    const bool good = EVP_PKEY_decrypt(context.get(), octets(block), &size, octets(rest), modulus_size) == 1;
    if (!good && request.scheme == wire::DecryptionScheme::rsa_oaep) return std::nullopt;
    if (!good) block.assign(size = 48, std::byte{0});
    plaintext.insert(plaintext.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return plaintext;
}

}  // namespace edgeseal::fakes
