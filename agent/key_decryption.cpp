#include "agent/key_decryption.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/openssl.h"
#include "agent/rsa_padding.h"

namespace edgeseal::agent {

namespace {

using wire::DecryptionScheme;
using RawOperation = std::function<tpm::SecretBytes(ByteView block)>;

// Secret, the key's own, and the same whenever it is asked for: what RFC 8017 leaves open and implicit rejection needs.
// Made from something that nobody has who cannot use the private key anyway.
tpm::SecretBytes rejection_secret(ByteView secret) {
  constexpr std::string_view label = "edgeseal implicit rejection";
  tpm::SecretBytes input(label.size() + secret.size());
  const auto rest = std::ranges::copy(std::as_bytes(std::span(label)), input.span().begin()).out;
  std::ranges::copy(secret, rest);
  return tpm::SecretBytes(sha256(input.view()));
}

tpm::SecretBytes unpadded(const DecryptionRequest& request, ByteView secret, ByteView ciphertext, ByteView block) {
  if (request.scheme == DecryptionScheme::rsa_pkcs1) return decode_pkcs1(secret, ciphertext, block);
  auto message = decode_oaep(request.hash, request.mgf_hash, request.label, block);
  if (!message) throw Error(Code::decryption_failed, "decryption failed");
  return *std::move(message);
}

tpm::SecretBytes in_a_row(const std::vector<tpm::SecretBytes>& parts) {
  std::size_t size = 0;
  for (const tpm::SecretBytes& part : parts) size += part.size();
  tpm::SecretBytes whole(size);
  auto target = whole.span().begin();
  for (const tpm::SecretBytes& part : parts) target = std::ranges::copy(part.view(), target).out;
  return whole;
}

tpm::SecretBytes decrypted(const DecryptionRequest& request, std::size_t block_size, ByteView secret,
                           const RawOperation& raw) {
  std::vector<tpm::SecretBytes> parts;
  for (ByteView rest = request.ciphertext; !rest.empty(); rest = rest.subspan(block_size)) {
    const ByteView ciphertext = rest.first(block_size);
    parts.push_back(unpadded(request, secret, ciphertext, raw(ciphertext).view()));
  }
  return in_a_row(parts);
}

}  // namespace

void require_fit(const Key& key, const DecryptionRequest& request) {
  const auto bits = modulus_bits(key.algorithm);
  if (!bits)
    throw Error(Code::not_supported,
                fmt::format("{} is an {} key and cannot decrypt", key.slot.key_name(), algorithm_name(key.algorithm)));
  if (request.scheme == DecryptionScheme::rsa_pkcs1 &&
      std::ranges::find(key.legacy, pkcs1_decryption) == key.legacy.end())
    throw Error(Code::not_supported,
                fmt::format("decryption with PKCS#1 v1.5 is refused: use OAEP; where an old peer knows nothing else, "
                            "give application {} legacy = [\"{}\"]",
                            key.slot.application, pkcs1_decryption));
  if (request.ciphertext.empty() || request.ciphertext.size() % (*bits / 8) != 0)
    throw Error(Code::invalid_argument, fmt::format("the ciphertext is not whole blocks of {} bytes", *bits / 8));
}

std::function<tpm::SecretBytes(tpm::KeyDevice&)> decrypt_command(const KeyPtr& key, const DecryptionRequest& request) {
  return [key, request](tpm::KeyDevice& device) {
    const auto raw = [&](ByteView block) { return device.rsa_private(key->stored, block); };
    return decrypted(request, *modulus_bits(key->algorithm) / 8, rejection_secret(key->stored.auth.view()).view(), raw);
  };
}

tpm::SecretBytes decrypted(const SoftwareKey& key, const DecryptionRequest& request) {
  tpm::SecretBytes secret;
  key.with_pkcs8([&](ByteView encoded) { secret = rejection_secret(encoded); });
  const auto raw = [&](ByteView block) { return key.rsa_private(block); };
  return decrypted(request, *modulus_bits(key.algorithm()) / 8, secret.view(), raw);
}

}  // namespace edgeseal::agent
