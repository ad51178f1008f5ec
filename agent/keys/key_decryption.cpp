#include "agent/keys/key_decryption.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/keys/public_key.h"
#include "agent/keys/rsa_padding.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

using wire::DecryptionScheme;

// Secret, the key's own, and the same whenever it is asked for: what RFC 8017 leaves open and implicit rejection needs.
// `own` is known to nobody who cannot use the private key anyway; where it is empty, the seed alone keeps it secret.
tpm::SecretBytes rejection_secret(const tpm::SecretBytes& seed, ByteView own) {
  constexpr std::string_view label = "edgeseal implicit rejection";
  return tpm::SecretBytes(sha256({std::as_bytes(std::span(label)), seed.view(), own}));
}

tpm::SecretBytes unpadded(const DecryptionRequest& request, ByteView secret, ByteView ciphertext, ByteView block) {
  if (request.scheme == DecryptionScheme::rsa_pkcs1) return decode_pkcs1(secret, ciphertext, block);
  auto message = decode_oaep(request.hash, request.mgf_hash, request.label, block);
  if (!message) throw Error(Code::decryption_failed, "decryption failed");
  return *std::move(message);
}

Bytes modulus_of(const Key& key) {
  return std::get<tpm::RsaPublicKey>(to_tpm(*parse_public_key(key.public_key))).modulus;
}

}  // namespace

bool is_below_modulus(const Key& key, ByteView blocks) {
  const Bytes modulus = modulus_of(key);
  for (ByteView rest = blocks; !rest.empty(); rest = rest.subspan(modulus.size()))
    if (!std::ranges::lexicographical_compare(rest.first(modulus.size()), modulus)) return false;
  return true;
}

tpm::SecretBytes in_a_row(const std::vector<tpm::SecretBytes>& parts) {
  std::size_t size = 0;
  for (const tpm::SecretBytes& part : parts) size += part.size();
  tpm::SecretBytes whole(size);
  auto target = whole.span().begin();
  for (const tpm::SecretBytes& part : parts) target = std::ranges::copy(part.view(), target).out;
  return whole;
}

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
  if (!is_below_modulus(key, request.ciphertext)) throw Error(Code::decryption_failed, "decryption failed");
}

std::function<tpm::SecretBytes(tpm::KeyDevice&)> decrypt_command(
    const KeyPtr& key, const std::shared_ptr<const DecryptionRequest>& request, ByteView block,
    const RejectionSeed& seed) {
  return [key, request, block, seed](tpm::KeyDevice& device) {
    const tpm::SecretBytes secret = rejection_secret(*seed, key->stored.auth.view());
    return unpadded(*request, secret.view(), block, device.rsa_private(key->stored, block).view());
  };
}

tpm::SecretBytes decrypted(const SoftwareKey& key, const DecryptionRequest& request, const RejectionSeed& seed) {
  tpm::SecretBytes secret;
  if (request.scheme == DecryptionScheme::rsa_pkcs1)
    key.with_pkcs8([&](ByteView encoded) { secret = rejection_secret(*seed, encoded); });
  const std::size_t block_size = *modulus_bits(key.algorithm()) / 8;
  std::vector<tpm::SecretBytes> parts;
  for (ByteView rest = request.ciphertext; !rest.empty(); rest = rest.subspan(block_size)) {
    const ByteView block = rest.first(block_size);
    parts.push_back(unpadded(request, secret.view(), block, key.rsa_private(block).view()));
  }
  return in_a_row(parts);
}

}  // namespace edgeseal::agent
