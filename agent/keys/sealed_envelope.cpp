#include "agent/keys/sealed_envelope.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/keys/secret_memory.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

using jose::length;
using tpm::Bytes;
using tpm::ByteView;

constexpr std::byte version{1};
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

// The parts of an envelope in its memory, which is longer than all of them without the text.
template <class Byte>
struct Parts {
  explicit Parts(std::span<Byte> envelope)
      : nonce(envelope.subspan(1, nonce_size)),
        text(envelope.subspan(1 + nonce_size, envelope.size() - 1 - nonce_size - tag_size)),
        tag(envelope.last(tag_size)) {}

  std::span<Byte> nonce, text, tag;
};

void require_key(ByteView key) {
  if (key.size() != envelope_key_size)
    throw Error(Code::security_checks_failed, "the secret of a sealed key does not have the length of an AES-256 key");
}

}  // namespace

Bytes seal_envelope(ByteView key, const tpm::KeyId& id, ByteView secret) {
  require_key(key);
  const secret_memory::Scope scope;
  Bytes envelope(1 + nonce_size + secret.size() + tag_size);
  if (envelope.size() > max_envelope_size) throw Error(Code::internal_error, "the encoding of a key is too long");
  envelope.front() = version;
  const Parts<std::byte> parts(envelope);
  require_openssl(RAND_bytes(out_octets(parts.nonce), nonce_size) == 1, "RAND_bytes");
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  int size = 0;
  require_openssl(
      context &&
          EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key), out_octets(parts.nonce)) == 1 &&
          EVP_EncryptUpdate(context.get(), nullptr, &size, octets(id), length(id)) == 1 &&
          EVP_EncryptUpdate(context.get(), out_octets(parts.text), &size, octets(secret), length(secret)) == 1 &&
          EVP_EncryptFinal_ex(context.get(), out_octets(parts.text.last(0)), &size) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out_octets(parts.tag)) == 1,
      "encrypting a key");
  return envelope;
}

void open_envelope(ByteView key, const tpm::KeyId& id, ByteView envelope, const std::function<void(ByteView)>& use) {
  require_key(key);
  if (envelope.size() <= 1 + nonce_size + tag_size || envelope.size() > max_envelope_size ||
      envelope.front() != version)
    throw Error(Code::security_checks_failed, "the stored form of a sealed key is not one of this version");
  const secret_memory::Scope scope;
  const Parts<const std::byte> parts(envelope);
  secret_memory::Buffer secret(parts.text.size());
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  Bytes tag(parts.tag.begin(), parts.tag.end());  // the function takes no const
  int size = 0;
  require_openssl(
      context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key), octets(parts.nonce)) == 1 &&
          EVP_DecryptUpdate(context.get(), nullptr, &size, octets(id), length(id)) == 1 &&
          EVP_DecryptUpdate(context.get(), out_octets(secret.span()), &size, octets(parts.text), length(parts.text)) ==
              1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, out_octets(tag)) == 1,
      "decrypting a key");
  if (EVP_DecryptFinal_ex(context.get(), out_octets(secret.span().last(0)), &size) != 1) {
    static_cast<void>(openssl_reason());
    throw Error(Code::security_checks_failed,
                "the stored form of a sealed key was changed, or belongs to another key; remedy: restore the state "
                "from a backup of this device, or make a new key");
  }
  use(secret.view());
}

}  // namespace edgeseal::agent
