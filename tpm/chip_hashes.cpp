#include "tpm/chip_hashes.h"

#include <algorithm>
#include <array>
#include <span>

#include "tpm/memory.h"
#include "tpm/properties.h"

namespace edgeseal::tpm {
namespace {

struct Hash {
  HashAlgorithm algorithm;
  TPMI_ALG_HASH id;
  std::size_t size;  // of the digest, in bytes
};

// The shortest first.
constexpr std::array kHashes{Hash{HashAlgorithm::sha1, TPM2_ALG_SHA1, TPM2_SHA1_DIGEST_SIZE},
                             Hash{HashAlgorithm::sha256, TPM2_ALG_SHA256, TPM2_SHA256_DIGEST_SIZE},
                             Hash{HashAlgorithm::sha384, TPM2_ALG_SHA384, TPM2_SHA384_DIGEST_SIZE},
                             Hash{HashAlgorithm::sha512, TPM2_ALG_SHA512, TPM2_SHA512_DIGEST_SIZE}};

const Hash& entry(HashAlgorithm hash) noexcept {
  return *std::ranges::find(kHashes, hash, &Hash::algorithm);
}

// A chip may give fewer than it is asked for.
std::vector<HashAlgorithm> read_hashes(Context& context) {
  std::vector<HashAlgorithm> hashes;
  UINT32 first = TPM2_ALG_FIRST;
  for (bool more = true; more && first <= kHashes.back().id;) {
    const Capability part = read_capability(context, "list algorithms", TPM2_CAP_ALGS, first, TPM2_MAX_CAP_ALGS);
    const TPML_ALG_PROPERTY& list = part.data->data.algorithms;
    const UINT32 asked_from = first;
    for (const TPMS_ALG_PROPERTY& known : std::span(list.algProperties, list.count)) {
      const auto hash = std::ranges::find(kHashes, known.alg, &Hash::id);
      if (hash != kHashes.end()) hashes.push_back(hash->algorithm);
      first = std::max(first, UINT32{known.alg} + 1);
    }
    more = part.more && first > asked_from;
  }
  return hashes;
}

// The number that ECDSA makes of `digest`, where it looks for it in a longer or shorter one.
Bytes stretched(ByteView digest, std::size_t size, std::size_t field_size) {
  Bytes out(size);
  const auto number = std::span(out).first(std::min(size, field_size));
  (void)assign_padded(number, digest);
  return out;
}

}  // namespace

std::size_t digest_size(HashAlgorithm hash) noexcept {
  return entry(hash).size;
}

TPMI_ALG_HASH tpm_hash(HashAlgorithm hash) noexcept {
  return entry(hash).id;
}

ChipHashes::ChipHashes(Context& context) : hashes_(read_hashes(context)) {}

bool ChipHashes::has(HashAlgorithm hash) const noexcept {
  return std::ranges::find(hashes_, hash) != hashes_.end();
}

std::optional<HashedInput> ChipHashes::for_ecdsa(HashAlgorithm hash, ByteView digest, std::size_t field_size) const {
  if (has(hash)) return HashedInput{hash, Bytes(digest.begin(), digest.end())};
  const ByteView used = digest.first(std::min(digest.size(), field_size));
  for (const Hash& other : kHashes) {
    if (has(other.algorithm) && other.size >= used.size()) {
      return HashedInput{other.algorithm, stretched(used, other.size, field_size)};
    }
  }
  return std::nullopt;
}

}  // namespace edgeseal::tpm
