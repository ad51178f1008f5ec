#pragma once

#include <optional>
#include <vector>

#include "tpm/context.h"
#include "tpm/key_types.h"

namespace edgeseal::tpm {

[[nodiscard]] std::size_t digest_size(HashAlgorithm hash) noexcept;
[[nodiscard]] TPMI_ALG_HASH tpm_hash(HashAlgorithm hash) noexcept;

// A digest as TPM2_Sign takes it: as long as its hash.
struct HashedInput {
  HashAlgorithm hash;
  Bytes digest;
};

// The hash algorithms with which the chip signs. SHA-1 and SHA-256 are all that most have of old, and new ones may lack
// SHA-1.
class ChipHashes {
 public:
  // Asks the chip.
  explicit ChipHashes(Context& context);
  explicit ChipHashes(std::vector<HashAlgorithm> hashes) : hashes_(std::move(hashes)) {}

  [[nodiscard]] bool has(HashAlgorithm hash) const noexcept;

  // What to have signed, with a hash that the chip has, for the same ECDSA signature: of a digest, ECDSA takes no more
  // than the leftmost `field_size` bytes, as a number (FIPS 186-5 §6.4.1). Nothing if no hash of the chip is long
  // enough for it. `digest` has the length of `hash`.
  [[nodiscard]] std::optional<HashedInput> for_ecdsa(HashAlgorithm hash, ByteView digest, std::size_t field_size) const;

 private:
  std::vector<HashAlgorithm> hashes_;
};

}  // namespace edgeseal::tpm
