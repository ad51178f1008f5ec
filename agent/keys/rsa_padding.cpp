#include "agent/keys/rsa_padding.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "agent/keys/constant_time.h"
#include "agent/keys/signature_encoding.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

using namespace constant_time;
using tpm::ByteView;
using tpm::SecretBytes;

std::uint32_t value(std::byte octet) {
  return std::to_integer<std::uint32_t>(octet);
}

// --- OAEP

// Where the message begins in DB = lHash || zeros || 0x01 || message, and whether it is one.
struct Found {
  Mask good = ~Mask{0};
  std::uint32_t begin = 0;
};

Found find_message(ByteView db, ByteView label_hash) {
  Found found;
  for (std::size_t i = 0; i < label_hash.size(); ++i) found.good &= is_equal(value(db[i]), value(label_hash[i]));
  Mask before = ~Mask{0};  // no 0x01 yet
  for (std::size_t i = label_hash.size(); i < db.size(); ++i) {
    const Mask separator = before & is_equal(value(db[i]), 1);
    found.begin = select(separator, static_cast<std::uint32_t>(i + 1), found.begin);
    before &= ~separator;
    found.good &= ~before | is_zero(value(db[i]));
  }
  found.good &= ~before;
  return found;
}

// --- PKCS#1 v1.5 with implicit rejection, after draft-irtf-cfrg-rsa-guidance (RFC 8017 §7.2.2)

constexpr std::size_t hmac_size = 32;
constexpr std::size_t shortest_padding = 8;
constexpr std::size_t length_candidates = 128;

void hmac(ByteView key, ByteView data, std::span<std::byte, hmac_size> result) {
  require_openssl(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(data), data.size(),
                       out_octets(result), nullptr) != nullptr,
                  "HMAC");
}

// IRPRF: as many bytes as asked for, from the key and the label.
SecretBytes pseudorandom(ByteView key, std::string_view label, std::size_t size) {
  SecretBytes result((size + hmac_size - 1) / hmac_size * hmac_size);
  const std::size_t bits = size * 8;
  for (std::size_t block = 0; block * hmac_size < size; ++block) {
    tpm::Bytes input{static_cast<std::byte>(block >> 8), static_cast<std::byte>(block)};
    std::ranges::copy(std::as_bytes(std::span(label)), std::back_inserter(input));
    input.push_back(static_cast<std::byte>(bits >> 8));
    input.push_back(static_cast<std::byte>(bits));
    hmac(key, input, result.span().subspan(block * hmac_size).first<hmac_size>());
  }
  return SecretBytes(result.view().first(size));
}

// The last candidate that is not too long: uniform, and always the same amount of work.
std::uint32_t synthetic_length(ByteView key, std::size_t longest) {
  const SecretBytes candidates = pseudorandom(key, "length", 2 * length_candidates);
  std::uint32_t mask = static_cast<std::uint32_t>(longest);
  for (const unsigned shift : {1U, 2U, 4U, 8U}) mask |= mask >> shift;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < candidates.size(); i += 2) {
    const std::uint32_t candidate = (value(candidates.view()[i]) << 8 | value(candidates.view()[i + 1])) & mask;
    length = select(is_less(candidate, static_cast<std::uint32_t>(longest + 1)), candidate, length);
  }
  return length;
}

// Of 0x00 || 0x02 || at least eight octets that are not zero || 0x00 || message.
Found find_message(ByteView block) {
  Found found;
  found.good = is_zero(value(block[0])) & is_equal(value(block[1]), 2);
  Mask before = ~Mask{0};  // no zero yet
  for (std::size_t i = 2; i < block.size(); ++i) {
    const Mask separator = before & is_zero(value(block[i]));
    found.begin = select(separator, static_cast<std::uint32_t>(i + 1), found.begin);
    before &= ~separator;
  }
  found.good &= ~before & ~is_less(found.begin, 2 + shortest_padding + 1);
  return found;
}

}  // namespace

std::optional<SecretBytes> decode_oaep(tpm::HashAlgorithm hash, tpm::HashAlgorithm mgf_hash, ByteView label,
                                       ByteView block) {
  const std::size_t hash_size = digest_size(hash);
  if (block.size() < 2 * hash_size + 2) return std::nullopt;
  SecretBytes masked(block);
  const std::span<std::byte> seed = masked.span().subspan(1, hash_size), db = masked.span().subspan(1 + hash_size);
  apply_mask(mgf_hash, db, seed);
  apply_mask(mgf_hash, seed, db);
  const Found found = find_message(db, digest_of(hash, label));
  if ((found.good & is_zero(value(block[0]))) == 0) return std::nullopt;
  return SecretBytes(ByteView(db).subspan(found.begin));
}

SecretBytes decode_pkcs1(ByteView rejection_secret, ByteView ciphertext, ByteView block) {
  constexpr std::size_t overhead = 2 + shortest_padding + 1;
  if (block.size() < overhead) return {};
  SecretBytes key(hmac_size);
  hmac(rejection_secret, ciphertext, key.span().first<hmac_size>());
  const SecretBytes synthetic = pseudorandom(key.view(), "message", block.size());
  const auto size = static_cast<std::uint32_t>(block.size());
  const Found found = find_message(block);
  const std::uint32_t begin = select(found.good, found.begin, size - synthetic_length(key.view(), size - overhead));

  SecretBytes message(size - begin);  // how long it is, the caller learns anyway
  for (std::uint32_t i = begin; i < size; ++i)
    message.span()[i - begin] = static_cast<std::byte>(select(found.good, value(block[i]), value(synthetic.view()[i])));
  return message;
}

}  // namespace edgeseal::agent
