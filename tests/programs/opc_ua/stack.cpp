#include "tests/programs/opc_ua/stack.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <stdexcept>

namespace edgeseal::tests::opc_ua {
namespace {

using Bio = std::shared_ptr<BIO>;
using KeyContext = std::shared_ptr<EVP_PKEY_CTX>;
using DigestContext = std::shared_ptr<EVP_MD_CTX>;

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* octets(const Bytes& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

PkeyPtr owned(EVP_PKEY* key) {
  return key != nullptr ? PkeyPtr(key, EVP_PKEY_free) : PkeyPtr();
}

Bio memory(const void* data, std::size_t size) {
  return {BIO_new_mem_buf(data, static_cast<int>(size)), BIO_free};
}

void require(bool good) {
  if (!good) throw std::runtime_error("the other end: " + take_error_texts());
}

bool set_signature_padding(EVP_PKEY_CTX* context, const Policy& policy) {
  if (EVP_PKEY_CTX_set_rsa_padding(context, policy.signature_padding) <= 0) return false;
  return policy.signature_padding != RSA_PKCS1_PSS_PADDING ||
         (EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0 &&
          EVP_PKEY_CTX_set_rsa_mgf1_md(context, policy.signature_hash) > 0);
}

bool set_encryption_padding(EVP_PKEY_CTX* context, const Policy& policy) {
  if (EVP_PKEY_CTX_set_rsa_padding(context, policy.encryption_padding) <= 0) return false;
  return policy.encryption_hash == nullptr || (EVP_PKEY_CTX_set_rsa_oaep_md(context, policy.encryption_hash) > 0 &&
                                               EVP_PKEY_CTX_set_rsa_mgf1_md(context, policy.encryption_hash) > 0);
}

std::optional<Bytes> finish(EVP_MD_CTX* operation, EVP_PKEY* key, std::string_view message) {
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  if (EVP_DigestSignUpdate(operation, message.data(), message.size()) != 1 ||
      EVP_DigestSignFinal(operation, octets(signature), &size) != 1)
    return std::nullopt;
  signature.resize(size);
  return signature;
}

// The certificate's key as the other end has it: it knows nothing of the provider.
PkeyPtr public_key_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  const std::shared_ptr<unsigned char> owner(der, [](unsigned char* made) { OPENSSL_free(made); });
  const unsigned char* next = der;
  return owned(d2i_PUBKEY_ex(nullptr, &next, size, fakes::default_only(), nullptr));
}

DigestContext verification(const PkeyPtr& key, const EVP_MD* hash, EVP_PKEY_CTX** context) {
  const DigestContext operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  require(EVP_DigestVerifyInit_ex(operation.get(), context, EVP_MD_get0_name(hash), fakes::default_only(), nullptr,
                                  key.get(), nullptr) == 1);
  return operation;
}

bool fits(const DigestContext& operation, std::string_view message, const Bytes& signature) {
  const bool good = EVP_DigestVerify(operation.get(), octets(signature), signature.size(),
                                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  ERR_clear_error();
  return good;
}

// RFC 8017 sections 7.1.1 and 7.2.1.
std::size_t plain_block_size(const Policy& policy, EVP_PKEY* key) {
  const auto modulus = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  if (policy.encryption_hash == nullptr) return modulus - 11;
  return modulus - 2 * static_cast<std::size_t>(EVP_MD_get_size(policy.encryption_hash)) - 2;
}

using Cipher = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

std::optional<Bytes> by_blocks(Cipher cipher, EVP_PKEY_CTX* context, std::size_t out_size, const Bytes& in,
                               std::size_t in_size) {
  Bytes out;
  for (std::size_t at = 0; at < in.size(); at += in_size) {
    Bytes block(out_size);
    std::size_t size = block.size();
    if (cipher(context, octets(block), &size, octets(in) + at, std::min(in_size, in.size() - at)) != 1)
      return std::nullopt;
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return out;
}

}  // namespace

const Policy basic128_rsa15{"Basic128Rsa15", EVP_sha1(), RSA_PKCS1_PADDING, RSA_PKCS1_PADDING, nullptr};
const Policy basic256{"Basic256", EVP_sha1(), RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING, EVP_sha1()};
const Policy basic256_sha256{"Basic256Sha256", EVP_sha256(), RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING, EVP_sha1()};
const Policy aes128_sha256_rsa_oaep{"Aes128_Sha256_RsaOaep", EVP_sha256(), RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING,
                                    EVP_sha1()};
const Policy aes256_sha256_rsa_pss{"Aes256_Sha256_RsaPss", EVP_sha256(), RSA_PKCS1_PSS_PADDING, RSA_PKCS1_OAEP_PADDING,
                                   EVP_sha256()};

PkeyPtr load_pem(const std::string& pem) {
  return owned(PEM_read_bio_PrivateKey(memory(pem.data(), pem.size()).get(), nullptr, nullptr, nullptr));
}

PkeyPtr load_der(const Bytes& der) {
  const unsigned char* next = octets(der);
  return owned(d2i_AutoPrivateKey(nullptr, &next, static_cast<long>(der.size())));
}

PkeyPtr load_der(const Bytes& der, int type) {
  const unsigned char* next = octets(der);
  return owned(d2i_PrivateKey(type, nullptr, &next, static_cast<long>(der.size())));
}

PkeyPtr load_either(const Bytes& file) {
  const Bio bio = memory(file.data(), file.size());
  EVP_PKEY* key = d2i_PrivateKey_bio(bio.get(), nullptr);
  if (key != nullptr || BIO_reset(bio.get()) != 1) return owned(key);
  return owned(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

Bytes der_in(const std::string& pem) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* content = nullptr;
  long size = 0;
  require(PEM_read_bio(memory(pem.data(), pem.size()).get(), &label, &header, &content, &size) == 1);
  const auto* bytes = reinterpret_cast<const std::byte*>(content);
  const Bytes der(bytes, bytes + size);
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(content);
  return der;
}

std::optional<Bytes> sign(const Policy& policy, EVP_PKEY* key, std::string_view message) {
  const DigestContext operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  if (EVP_DigestSignInit(operation.get(), &context, policy.signature_hash, nullptr, key) != 1 ||
      !set_signature_padding(context, policy))
    return std::nullopt;
  return finish(operation.get(), key, message);
}

std::optional<Bytes> sign(const EVP_MD* hash, EVP_PKEY* key, std::string_view message) {
  const DigestContext operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestSignInit(operation.get(), nullptr, hash, nullptr, key) != 1) return std::nullopt;
  return finish(operation.get(), key, message);
}

std::optional<Bytes> decrypt(const Policy& policy, EVP_PKEY* key, const Bytes& ciphertext) {
  const KeyContext context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  const auto modulus = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  if (EVP_PKEY_decrypt_init(context.get()) != 1 || !set_encryption_padding(context.get(), policy)) return std::nullopt;
  return by_blocks(EVP_PKEY_decrypt, context.get(), modulus, ciphertext, modulus);
}

bool verifies(const Policy& policy, X509* certificate, std::string_view message, const Bytes& signature) {
  EVP_PKEY_CTX* context = nullptr;
  const PkeyPtr key = public_key_of(certificate);
  const DigestContext operation = verification(key, policy.signature_hash, &context);
  require(set_signature_padding(context, policy));
  return fits(operation, message, signature);
}

bool verifies_pss(const EVP_MD* hash, int salt, X509* certificate, std::string_view message, const Bytes& signature) {
  EVP_PKEY_CTX* context = nullptr;
  const PkeyPtr key = public_key_of(certificate);
  const DigestContext operation = verification(key, hash, &context);
  require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
          EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) > 0 && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) > 0);
  return fits(operation, message, signature);
}

bool verifies(const EVP_MD* hash, X509* certificate, std::string_view message, const Bytes& signature) {
  EVP_PKEY_CTX* context = nullptr;
  const PkeyPtr key = public_key_of(certificate);
  return fits(verification(key, hash, &context), message, signature);
}

Bytes encrypt(const Policy& policy, X509* certificate, const Bytes& message) {
  const PkeyPtr key = public_key_of(certificate);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(fakes::default_only(), key.get(), nullptr), EVP_PKEY_CTX_free);
  require(EVP_PKEY_encrypt_init(context.get()) == 1 && set_encryption_padding(context.get(), policy));
  const auto modulus = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
  const auto ciphertext =
      by_blocks(EVP_PKEY_encrypt, context.get(), modulus, message, plain_block_size(policy, key.get()));
  require(ciphertext.has_value());
  return *ciphertext;
}

Bytes raw_of(const Bytes& der, std::size_t field_size) {
  const unsigned char* next = octets(der);
  const std::shared_ptr<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(der.size())),
                                             ECDSA_SIG_free);
  require(signature != nullptr && next == octets(der) + der.size());
  Bytes raw(2 * field_size);
  const int size = static_cast<int>(field_size);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(raw), size) == size &&
          BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(raw) + field_size, size) == size);
  return raw;
}

Bytes der_of_raw(const Bytes& raw) {
  const int size = static_cast<int>(raw.size() / 2);
  const std::shared_ptr<ECDSA_SIG> signature(ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(octets(raw), size, nullptr), BN_bin2bn(octets(raw) + size, size, nullptr));
  Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  unsigned char* next = octets(der);
  require(i2d_ECDSA_SIG(signature.get(), &next) > 0);
  return der;
}

std::string take_error_texts() {
  std::string texts;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    const char* reason = ERR_reason_error_string(code);
    texts += std::string(reason != nullptr ? reason : "?") + ": " + ((flags & ERR_TXT_STRING) != 0 ? data : "") + '\n';
  }
  return texts;
}

}  // namespace edgeseal::tests::opc_ua
