#include "agent/keys/key_import.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "agent/error.h"
#include "agent/keys/pkcs12.h"
#include "agent/keys/public_key.h"
#include "agent/keys/secret_memory.h"
#include "agent/slot.h"

namespace edgeseal::agent {

namespace {

using tpm::ByteView;
using EncryptedPtr = std::unique_ptr<X509_SIG, OpensslFree<X509_SIG, X509_SIG_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, OpensslFree<PKCS12, PKCS12_free>>;

[[noreturn]] void refuse(Code code, const std::string& problem) {
  ERR_clear_error();
  throw Error(code, problem);
}

// --- DER

// What a d2i function makes of all of it; nothing where it does not.
template <class Pointer, class Decode>
Pointer whole(ByteView der, const Decode& decode) {
  const unsigned char* cursor = octets(der);
  Pointer object(decode(&cursor, static_cast<long>(der.size())));
  if (cursor != octets(der) + der.size()) object.reset();
  return object;
}
template <class Pointer, class T>
Pointer whole(ByteView der, T* (*decode)(T**, const unsigned char**, long)) {
  return whole<Pointer>(der, [decode](const unsigned char** in, long size) { return decode(nullptr, in, size); });
}

PublicKeyPtr from_pkcs8(const PKCS8_PRIV_KEY_INFO& info) {
  if (!has_kept_type(info)) {
    const ASN1_OBJECT* algorithm = nullptr;
    PKCS8_pkey_get0(&algorithm, nullptr, nullptr, nullptr, &info);
    refuse(Code::not_supported, fmt::format("a private key of type {} is not kept; what is: {}",
                                            OBJ_nid2sn(OBJ_obj2nid(algorithm)), kept_keys));
  }
  PublicKeyPtr key(EVP_PKCS82PKEY(&info));
  if (!key) refuse(Code::invalid_argument, "the private key in the PKCS#8 structure does not parse");
  return key;
}

// PKCS#8, PKCS#1 or SEC1. libcrypto reads the first also when asked for the others, whatever its algorithm.
PublicKeyPtr from_clear(ByteView der) {
  const unsigned char* cursor = octets(der);
  if (const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(der.size()))); info)
    return cursor == octets(der) + der.size() ? from_pkcs8(*info) : nullptr;
  for (const int type : {EVP_PKEY_RSA, EVP_PKEY_EC}) {
    const auto decode = [type](const unsigned char** in, long size) { return d2i_PrivateKey(type, nullptr, in, size); };
    if (auto key = whole<PublicKeyPtr>(der, decode)) return key;
  }
  return nullptr;
}

PublicKeyPtr from_der(ByteView der, Passphrase& passphrase) {
  if (const auto file = whole<Pkcs12Ptr>(der, d2i_PKCS12)) return from_pkcs8(*private_key_of(*file, passphrase));
  if (const auto encrypted = whole<EncryptedPtr>(der, d2i_X509_SIG))
    return from_pkcs8(*decrypt_pkcs8(*encrypted, passphrase));
  if (auto key = from_clear(der)) return key;
  refuse(Code::invalid_argument, "not a private key: expected PEM or DER of PKCS#8, PKCS#1 or SEC1, or a PKCS#12 file");
}

// --- PEM

struct FreeMemory {
  void operator()(void* memory) const noexcept { OPENSSL_free(memory); }
};

struct PemBlock {
  std::unique_ptr<char, FreeMemory> name, header;
  std::unique_ptr<unsigned char, FreeMemory> data;
  long size = 0;

  [[nodiscard]] ByteView view() const { return std::as_bytes(std::span(data.get(), static_cast<std::size_t>(size))); }
};

std::optional<PemBlock> next_block(BIO& text) {
  char *name = nullptr, *header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(&text, &name, &header, &data, &size) != 1) return std::nullopt;
  PemBlock block;
  block.name.reset(name);
  block.header.reset(header);
  block.data.reset(data);
  block.size = size;
  return block;
}

int give_passphrase(char* buffer, int size, int, void* context) {
  const auto& passphrase = *static_cast<const Passphrase*>(context);
  if (passphrase.size() > size) return -1;
  std::copy_n(passphrase.data(), passphrase.size(), buffer);
  return passphrase.size();
}

// RFC 1421 §4.6.1.1: a header says how the content is encrypted.
PublicKeyPtr from_traditional_block(PemBlock& block, Passphrase& passphrase) {
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(block.header.get(), &cipher) != 1)
    refuse(Code::not_supported, "the private key is encrypted with a cipher that is not supported");
  if (cipher.cipher == nullptr) return from_clear(block.view());
  if (passphrase.empty()) ask_for_passphrase();
  if (PEM_do_header(&cipher, block.data.get(), &block.size, give_passphrase, &passphrase) != 1)
    refuse_decryption(passphrase);
  PublicKeyPtr key = from_clear(block.view());
  if (!key) refuse_decryption(passphrase);
  return key;
}

PublicKeyPtr from_block(PemBlock& block, Passphrase& passphrase) {
  const std::string_view name = block.name.get();
  if (name == PEM_STRING_PKCS8INF || name == PEM_STRING_PKCS8) return from_der(block.view(), passphrase);
  if (name != PEM_STRING_RSA && name != PEM_STRING_ECPRIVATEKEY)
    refuse(Code::not_supported, fmt::format("\"{}\" is not a form that is read; what is: PKCS#8, PKCS#1 and SEC1; "
                                            "remedy: convert it, for example by ssh-keygen -p -m PKCS8",
                                            name));
  auto key = from_traditional_block(block, passphrase);
  if (!key) refuse(Code::invalid_argument, fmt::format("the \"{}\" does not parse", name));
  return key;
}

PublicKeyPtr from_pem(ByteView text, Passphrase& passphrase) {
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  require_openssl(bio != nullptr, "BIO_new_mem_buf");
  while (auto block = next_block(*bio))
    if (std::string_view(block->name.get()).ends_with("PRIVATE KEY")) return from_block(*block, passphrase);
  refuse(Code::invalid_argument, "no private key is in the PEM text");
}

// --- what was read

// The work of the check grows with the cube of the lengths, which the file chose.
void require_usual_parts(EVP_PKEY& rsa, int bits) {
  const std::array parts = {std::pair(OSSL_PKEY_PARAM_RSA_E, 32),
                            std::pair(OSSL_PKEY_PARAM_RSA_D, bits),
                            std::pair(OSSL_PKEY_PARAM_RSA_FACTOR1, bits / 2),
                            std::pair(OSSL_PKEY_PARAM_RSA_FACTOR2, bits / 2),
                            std::pair(OSSL_PKEY_PARAM_RSA_EXPONENT1, bits / 2),
                            std::pair(OSSL_PKEY_PARAM_RSA_EXPONENT2, bits / 2),
                            std::pair(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, bits / 2)};
  for (const auto& [name, longest] : parts) {
    BIGNUM* part = nullptr;
    if (EVP_PKEY_get_bn_param(&rsa, name, &part) != 1)
      refuse(Code::invalid_argument, fmt::format("the RSA key lacks a part: {}", name));
    const SecretBignumPtr owner(part);
    if (BN_num_bits(part) > longest)
      refuse(Code::not_supported,
             fmt::format("{} of the RSA key has {} bits; at most {} are kept", name, BN_num_bits(part), longest));
  }
}

void require_named_curve(EVP_PKEY& ec) {
  std::array<char, 32> encoding{};
  if (EVP_PKEY_get_utf8_string_param(&ec, OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), encoding.size(), nullptr) !=
          1 ||
      std::string_view(encoding.data()) != OSSL_PKEY_EC_ENCODING_GROUP)
    refuse(Code::not_supported,
           "an EC key with explicit parameters is not kept; remedy: openssl ec -param_enc named_curve");
}

void require_consistent(EVP_PKEY& key, tpm::KeyAlgorithm algorithm) {
  if (const auto bits = modulus_bits(algorithm))
    require_usual_parts(key, static_cast<int>(*bits));
  else if (algorithm != tpm::KeyAlgorithm::ed25519)
    require_named_curve(key);
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr));
  require_openssl(context != nullptr, "EVP_PKEY_CTX_new_from_pkey");
  if (EVP_PKEY_check(context.get()) != 1)
    refuse(Code::invalid_argument, "the parts of the private key do not fit together: the file is damaged");
}

}  // namespace

bool has_kept_type(const PKCS8_PRIV_KEY_INFO& info) {
  const ASN1_OBJECT* algorithm = nullptr;
  PKCS8_pkey_get0(&algorithm, nullptr, nullptr, nullptr, &info);
  const int nid = OBJ_obj2nid(algorithm);
  return nid == NID_rsaEncryption || nid == NID_rsassaPss || nid == NID_X9_62_id_ecPublicKey || nid == NID_ED25519;
}

SoftwareKey parse_private_key(ByteView encoded, ByteView passphrase_bytes) {
  if (encoded.empty() || encoded.size() > max_import_size)
    throw Error(Code::invalid_argument, fmt::format("a private key has 1 to {} bytes", max_import_size));
  const secret_memory::Scope scope;
  Passphrase passphrase(passphrase_bytes);
  PublicKeyPtr key =
      looks_like_pem(jose::text_of(encoded)) ? from_pem(encoded, passphrase) : from_der(encoded, passphrase);
  ERR_clear_error();
  if (const auto algorithm = algorithm_of(*key)) require_consistent(*key, *algorithm);
  return SoftwareKey(std::move(key));
}

}  // namespace edgeseal::agent
