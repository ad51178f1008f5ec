#include "tpm/libcrypto.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "tpm/error.h"

namespace edgeseal::tpm {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

void require(bool success, const char* operation) {
  if (!success) throw Error(operation, Fault::failed, "libcrypto cannot do it");
}

const unsigned char* raw(ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(Bytes& bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

template <class Parts>
Bytes sha256_of(const Parts& parts) {
  constexpr const char* operation = "hash with SHA-256";
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  require(EVP_DigestInit_ex2(context.get(), EVP_sha256(), nullptr) == 1, operation);
  for (const ByteView part : parts) require(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1, operation);
  Bytes digest(32);
  require(EVP_DigestFinal_ex(context.get(), raw(digest), nullptr) == 1, operation);
  return digest;
}

}  // namespace

Bytes sha256(std::initializer_list<ByteView> parts) {
  return sha256_of(parts);
}
Bytes sha256(std::span<const Bytes> parts) {
  return sha256_of(parts);
}

Bytes aes_128_cfb_encrypt(ByteView key, ByteView plaintext) {
  constexpr const char* operation = "encrypt with AES-128-CFB";
  constexpr std::size_t key_size = 16;
  constexpr std::array<unsigned char, 16> zeros{};
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  require(key.size() == key_size &&
              EVP_EncryptInit_ex2(context.get(), EVP_aes_128_cfb128(), raw(key), zeros.data(), nullptr) == 1,
          operation);
  Bytes out(plaintext.size());
  int size = 0;
  require(EVP_EncryptUpdate(context.get(), raw(out), &size, raw(plaintext), static_cast<int>(plaintext.size())) == 1 &&
              static_cast<std::size_t>(size) == out.size(),  // a stream: nothing is held back
          operation);
  return out;
}

}  // namespace edgeseal::tpm
