#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tpm/bytes.h"

namespace edgeseal::tpm {

enum class KeyAlgorithm { rsa_2048, rsa_3072, rsa_4096, ec_p256, ec_p384, ec_p521 };
enum class HashAlgorithm { sha1, sha256, sha384, sha512 };
enum class SignScheme { ecdsa, rsa_pkcs1 };

// Names a key in the cache of loaded objects. Any value will do as long as one key has one id; the agent uses the
// SHA-256 of the SubjectPublicKeyInfo.
using KeyId = std::array<std::byte, 32>;

struct RsaPublicKey {
  Bytes modulus;  // big endian, no leading zero
  std::uint32_t exponent = 65537;
};

struct EcPublicKey {
  KeyAlgorithm curve = KeyAlgorithm::ec_p256;
  Bytes x, y;  // big endian, padded to the size of the field
};

using PublicKey = std::variant<RsaPublicKey, EcPublicKey>;

// ECDSA as the TPM gives it: both big endian, leading zeros not removed.
struct EcdsaSignature {
  Bytes r, s;
};

// The stored form of a key. Useless without the TPM that made it and without `auth`.
struct StoredKey {
  KeyId id{};
  Bytes tss_private_key;  // DER of ASN.1 TSSPRIVKEY, see tpm/tss_private_key.h
  SecretBytes auth;       // 32 random bytes, the key's authValue
};

struct CreatedKey {
  PublicKey public_key;
  Bytes tss_private_key;
  SecretBytes auth;
};

// The stored form of a secret. Useless without the TPM that sealed it and without `auth`.
struct SealedSecret {
  Bytes tss_private_key;  // DER of ASN.1 TSSPRIVKEY, of the type sealed data
  SecretBytes auth;       // 32 random bytes, its authValue
};

// What the chip says about itself (TPM 2.0 Part 2 §6.13, TPM2_GetCapability).
struct TpmFacts {
  std::string manufacturer;  // e.g. "IBM", "IFX", "STM"
  std::string vendor;        // the vendor string, may be empty
  std::string firmware;      // "major.minor" of TPM_PT_FIRMWARE_VERSION_1
  std::string revision;      // of the specification, e.g. "1.64"
  std::vector<KeyAlgorithm> key_algorithms;
  std::uint32_t transient_slots = 0;     // TPM_PT_HR_TRANSIENT_MIN
  std::uint32_t storage_key_handle = 0;  // 0x81000001, or 0 for a primary made at start
  Bytes storage_key_name;                // the TPM Name: record it, and give it to the next start as the expected one
};

// A TPM as the agent uses it. All functions block for as long as the chip takes, throw tpm::Error only, and belong to
// one thread: the one that owns the TPM. Keys are loaded on first use and stay loaded within the slots of the chip, the
// least recently used one makes room; an operation on a loaded key is exactly one TPM command.
class KeyDevice {
 public:
  static constexpr std::size_t kMaxEntropy = 1024;
  static constexpr std::size_t kMaxSecret = 64;

  virtual ~KeyDevice() = default;

  [[nodiscard]] virtual const TpmFacts& facts() const = 0;

  // A new key under the storage key: sign (and, for RSA, decrypt), NULL scheme, fixedTPM, fixedParent, noDA.
  // Not in the cache yet: the id is the caller's to compute.
  [[nodiscard]] virtual CreatedKey create(KeyAlgorithm algorithm) = 0;

  // `digest` has the length of `hash`. RSA: the signature block; see sign_ecdsa for EC.
  [[nodiscard]] virtual Bytes sign_rsa_pkcs1(const StoredKey& key, HashAlgorithm hash, ByteView digest) = 0;
  [[nodiscard]] virtual EcdsaSignature sign_ecdsa(const StoredKey& key, HashAlgorithm hash, ByteView digest) = 0;

  // The raw RSA private operation on a block as long as the modulus and less than it (TPM2_RSA_Decrypt, TPM_ALG_NULL).
  // Padding is the caller's: this serves PSS on chips whose salt is not the digest length, and OAEP later.
  [[nodiscard]] virtual SecretBytes rsa_private(const StoredKey& key, ByteView block) = 0;

  // Puts a secret of 1 to kMaxSecret bytes under the storage key. It crosses the bus encrypted, and so it comes back.
  [[nodiscard]] virtual SealedSecret seal(ByteView secret) = 0;
  // Fault::bad_blob if this TPM did not seal it; Fault::failed, without an effect on lockout, if `auth` is wrong. Takes
  // a slot for three commands: not for every operation.
  [[nodiscard]] virtual SecretBytes unseal(const SealedSecret& sealed) = 0;

  // Mixes what others contribute into the random numbers of the chip (TPM2_StirRandom), encrypted on its way: at most
  // kMaxEntropy bytes, one command for each 128 of them. More is refused and nothing sent.
  virtual void stir_random(ByteView entropy) = 0;

  // Forgets a loaded key. Unknown ids are ignored.
  virtual void evict(const KeyId& id) noexcept = 0;
};

}  // namespace edgeseal::tpm
