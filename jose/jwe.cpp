#include "jose/jwe.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <array>

#include "jose/base64.h"
#include "jose/libcrypto.h"
#include "jose/strict_json.h"

namespace edgeseal::jose {

namespace {

constexpr std::string_view algorithm = "PBES2-HS512+A256KW";
constexpr std::string_view encryption = "A256GCM";
constexpr std::array header_names{"alg", "enc", "p2c", "p2s", "typ"};
constexpr std::size_t key_size = 32;
constexpr std::size_t wrapped_size = key_size + 8;  // RFC 3394
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t part_count = 5;

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(Problem::malformed, problem);
}

std::array<std::string_view, part_count> parts_of(std::string_view compact) {
  std::array<std::string_view, part_count> parts;
  for (std::size_t index = 0; index < part_count; ++index) {
    const auto end = compact.find('.');
    if ((end == std::string_view::npos) != (index == part_count - 1)) refuse("a JWE in compact form has five parts");
    parts[index] = compact.substr(0, end);
    compact.remove_prefix(end == std::string_view::npos ? compact.size() : end + 1);
  }
  return parts;
}

void require_size(const Bytes& part, std::size_t size, const char* name) {
  if (part.size() != size) refuse(std::string(name) + " has another length than " + std::to_string(size) + " bytes");
}

void require_exactly(const Json& header) {
  for (const char* const name : header_names) static_cast<void>(require_member(header, name));
  if (header.size() != header_names.size())
    throw Error(Problem::not_supported, "the header has more than alg, enc, typ, p2s and p2c; nothing else is known");
}

void require_value(const Json& header, const char* name, std::string_view value) {
  if (require_text(header, name) != value)
    throw Error(Problem::not_supported, std::string("the header member '") + name + "' is not " + std::string(value));
}

void require_iterations(std::uint64_t count) {
  if (count < min_iterations || count > max_iterations)
    throw Error(Problem::not_supported,
                "p2c is not within " + std::to_string(min_iterations) + " and " + std::to_string(max_iterations));
}

std::uint32_t iterations_of(const Json& header) {
  const Json& count = require_member(header, "p2c");
  if (!count.is_number_unsigned()) refuse("p2c is not a whole number");
  require_iterations(count.get<std::uint64_t>());
  return count.get<std::uint32_t>();
}

Bytes salt_of(const Json& header) {
  Bytes salt = decode_base64url(require_text(header, "p2s"), "p2s");
  if (salt.size() < min_salt_size || salt.size() > max_salt_size)
    throw Error(Problem::not_supported, "p2s is not of 16 to 64 bytes");
  return salt;
}

// RFC 7518 §4.8.1.1
Bytes full_salt(ByteView salt) {
  Bytes full(bytes_of(algorithm).begin(), bytes_of(algorithm).end());
  full.push_back(std::byte{0});
  full.insert(full.end(), salt.begin(), salt.end());
  return full;
}

template <class Result>
Result random_bytes(std::size_t size) {
  Result bytes(size);
  require_openssl(RAND_bytes(out_octets(bytes), static_cast<int>(size)) == 1, "RAND_bytes");
  return bytes;
}

// What must not tell how far it came.
void require_opened(bool opened) {
  if (opened) return;
  ERR_clear_error();
  throw Error(Problem::wrong_code, "the code does not open it, or it was altered");
}

CipherContextPtr cipher_context() {
  CipherContextPtr context(EVP_CIPHER_CTX_new());
  require_openssl(context != nullptr, "EVP_CIPHER_CTX_new");
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  return context;
}

Bytes wrap_key(ByteView wrapping_key, ByteView key) {
  const auto context = cipher_context();
  Bytes wrapped(wrapped_size);
  int size = 0;
  require_openssl(EVP_EncryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, octets(wrapping_key), nullptr) == 1 &&
                      EVP_EncryptUpdate(context.get(), out_octets(wrapped), &size, octets(key), length(key)) == 1,
                  "AES key wrap");
  return wrapped;
}

SecretBytes unwrap_key(ByteView wrapping_key, ByteView wrapped) {
  const auto context = cipher_context();
  SecretBytes key(wrapped_size);  // libcrypto works in it
  int size = 0;
  require_opened(EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, octets(wrapping_key), nullptr) == 1 &&
                 EVP_DecryptUpdate(context.get(), out_octets(key), &size, octets(wrapped), length(wrapped)) == 1 &&
                 size == static_cast<int>(key_size));
  key.resize(key_size);
  return key;
}

}  // namespace

SecretBytes derive_key(ByteView password, ByteView salt, std::uint32_t iterations) {
  SecretBytes key(key_size);
  require_openssl(PKCS5_PBKDF2_HMAC(text_of(password).data(), length(password), octets(salt), length(salt),
                                    static_cast<int>(iterations), EVP_sha512(), length(key), out_octets(key)) == 1,
                  "PBKDF2");
  return key;
}

Jwe::Jwe(std::string_view compact, std::string_view type) {
  if (compact.size() > max_jwe_size) throw Error(Problem::too_large, "a bundle is 64 KiB long at most");
  const auto parts = parts_of(compact);
  header_ = parts[0];
  read_header(type);
  encrypted_key_ = decode_base64url(parts[1], "the encrypted key");
  nonce_ = decode_base64url(parts[2], "the initialisation vector");
  ciphertext_ = decode_base64url(parts[3], "the ciphertext");
  tag_ = decode_base64url(parts[4], "the authentication tag");
  require_size(encrypted_key_, wrapped_size, "the encrypted key");
  require_size(nonce_, nonce_size, "the initialisation vector");
  require_size(tag_, tag_size, "the authentication tag");
}

void Jwe::read_header(std::string_view type) {
  const Bytes text = decode_base64url(header_, "the header");
  const Json header = parse_json_object(text_of(text), "the header");
  require_exactly(header);
  require_value(header, "alg", algorithm);
  require_value(header, "enc", encryption);
  require_value(header, "typ", type);
  iterations_ = iterations_of(header);
  salt_ = salt_of(header);
}

SecretBytes Jwe::open(ByteView password, const DeriveKey& derive) const {
  const SecretBytes key = unwrap_key(derive(password, full_salt(salt_), iterations_), encrypted_key_);
  const auto context = cipher_context();
  SecretBytes plaintext(ciphertext_.size());
  Bytes tag = tag_;  // the function takes no const
  int size = 0;
  require_opened(
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key), octets(nonce_)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, octets(bytes_of(header_)), length(bytes_of(header_))) == 1 &&
      EVP_DecryptUpdate(context.get(), out_octets(plaintext), &size, octets(ciphertext_), length(ciphertext_)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out_octets(plaintext) + plaintext.size(), &size) == 1);
  return plaintext;
}

std::string seal_jwe(ByteView plaintext, ByteView password, std::uint32_t iterations, std::string_view type) {
  require_iterations(iterations);
  const auto salt = random_bytes<Bytes>(min_salt_size);
  const nlohmann::json header{
      {"alg", algorithm}, {"enc", encryption}, {"typ", type}, {"p2c", iterations}, {"p2s", encode_base64url(salt)}};
  const std::string protected_header = encode_base64url(bytes_of(header.dump()));
  const auto key = random_bytes<SecretBytes>(key_size);
  const auto nonce = random_bytes<Bytes>(nonce_size);
  const Bytes wrapped = wrap_key(derive_key(password, full_salt(salt), iterations), key);
  const auto context = cipher_context();
  Bytes ciphertext(plaintext.size());
  Bytes tag(tag_size);
  const ByteView authenticated = bytes_of(protected_header);
  int size = 0;
  require_openssl(
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key), octets(nonce)) == 1 &&
          EVP_EncryptUpdate(context.get(), nullptr, &size, octets(authenticated), length(authenticated)) == 1 &&
          EVP_EncryptUpdate(context.get(), out_octets(ciphertext), &size, octets(plaintext), length(plaintext)) == 1 &&
          EVP_EncryptFinal_ex(context.get(), out_octets(ciphertext) + ciphertext.size(), &size) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) == 1,
      "AES-GCM");
  std::string compact = protected_header + "." + encode_base64url(wrapped) + "." + encode_base64url(nonce) + "." +
                        encode_base64url(ciphertext) + "." + encode_base64url(tag);
  if (compact.size() > max_jwe_size) throw Error(Problem::too_large, "a bundle is 64 KiB long at most");
  return compact;
}

}  // namespace edgeseal::jose
