#include "agent/openssl.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "agent/error.h"

namespace edgeseal::agent {

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

bool looks_like_pem(std::string_view text) {
  return text.find(pem_begin) != std::string_view::npos;
}

bool pem_ended() {
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return ended;
}

void require_openssl(bool done, const char* operation) {
  if (!done) throw Error(Code::internal_error, fmt::format("{}: {}", operation, openssl_reason()));
}

std::array<std::byte, 32> sha256(tpm::ByteView bytes) {
  return sha256({bytes});
}

std::array<std::byte, 32> sha256(std::initializer_list<tpm::ByteView> parts) {
  std::array<std::byte, SHA256_DIGEST_LENGTH> digest{};
  const DigestContextPtr context(EVP_MD_CTX_new());
  require_openssl(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1, "EVP_DigestInit_ex");
  for (const tpm::ByteView part : parts)
    require_openssl(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1, "EVP_DigestUpdate");
  require_openssl(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1,
                  "EVP_DigestFinal_ex");
  return digest;
}

tpm::Bytes sha256_bytes(tpm::ByteView bytes) {
  const auto digest = sha256(bytes);
  return {digest.begin(), digest.end()};
}

std::array<std::byte, 20> sha1(tpm::ByteView bytes) {
  std::array<std::byte, SHA_DIGEST_LENGTH> digest{};
  require_openssl(EVP_Digest(bytes.data(), bytes.size(), out_octets(digest), nullptr, EVP_sha1(), nullptr) == 1,
                  "EVP_Digest");
  return digest;
}

std::string bio_text(BIO& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(&bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string hexadecimal(tpm::ByteView bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

}  // namespace edgeseal::agent
