#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tpm/anchor.h"
#include "tpm/bytes.h"
#include "tpm/evidence.h"
#include "tpm/key_types.h"
#include "tpm/pcr_policy.h"

namespace edgeseal::tpm {

// Names a key in the cache of loaded objects. Any value will do as long as one key has one id; the agent uses the
// SHA-256 of the SubjectPublicKeyInfo.
using KeyId = std::array<std::byte, 32>;

// ECDSA as the TPM gives it: both big endian, leading zeros not removed.
struct EcdsaSignature {
  Bytes r, s;
};

// The stored form of a key. Useless without the TPM that made it and without `auth`.
struct StoredKey {
  KeyId id{};
  Bytes tss_private_key;  // DER of ASN.1 TSSPRIVKEY, its policy in it; see tpm/tss_private_key.h
  SecretBytes auth;       // the key's authValue: 32 random bytes, or what an adopted key came with
};

struct CreatedKey {
  PublicKey public_key;
  Bytes tss_private_key;
  SecretBytes auth;
  bool exempt_from_lockout = true;  // noDA; only an adopted key may lack it
};

// The stored form of a secret. Useless without the TPM that sealed it and without `auth`.
struct SealedSecret {
  Bytes tss_private_key;  // DER of ASN.1 TSSPRIVKEY, of the type sealed data
  SecretBytes auth;       // 32 random bytes, its authValue
};

// How far the protection against dictionary attacks has got (TPM 2.0 Part 1 §19.8). Keys of the agent are exempt
// (noDA); what others keep in the chip is not, nor what they made and the agent adopted.
struct Lockout {
  bool active = false;               // objects without noDA are refused
  std::uint32_t failed_tries = 0;    // TPM_PT_LOCKOUT_COUNTER
  std::uint32_t max_tries = 0;       // TPM_PT_MAX_AUTH_FAIL
  std::chrono::seconds recovery{0};  // until one more try is given (TPM_PT_LOCKOUT_INTERVAL)
};

// What the chip says about itself (TPM 2.0 Part 2 §6.13, TPM2_GetCapability).
struct TpmFacts {
  std::string manufacturer;  // e.g. "IBM", "IFX", "STM"
  std::string vendor;        // the vendor string, may be empty
  std::string firmware;      // "major.minor" of TPM_PT_FIRMWARE_VERSION_1
  std::string revision;      // of the specification, e.g. "1.64"
  std::vector<KeyAlgorithm> key_algorithms;
  std::uint32_t transient_slots = 0;     // TPM_PT_HR_TRANSIENT_MIN
  std::string tss_version;               // of the package of libtss2-esys, "4.1.3-1.fc41"; empty where nothing tells
  bool encrypts_responses = true;        // false where libtss2 gets it wrong, or the settings say so
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
  static constexpr std::size_t kMaxApprovals = 16;

  virtual ~KeyDevice() = default;

  [[nodiscard]] virtual const TpmFacts& facts() const = 0;

  // A new key under the storage key: sign (and, for RSA, decrypt), NULL scheme, fixedTPM, fixedParent, noDA.
  // Not in the cache yet: the id is the caller's to compute. Fault::unsupported names what the chip offers.
  [[nodiscard]] virtual CreatedKey create(KeyAlgorithm algorithm, const std::optional<PcrPolicy>& policy) = 0;
  [[nodiscard]] CreatedKey create(KeyAlgorithm algorithm) { return create(algorithm, std::nullopt); }

  // A key from outside, put under the storage key by TPM2_Import. It never was this TPM's alone: neither fixedTPM nor
  // sensitiveDataOrigin, so that evidence about it says so. Crosses the bus encrypted. Fault::unsupported as in
  // create(); Fault::bad_blob if its parts are not of one key.
  [[nodiscard]] virtual CreatedKey import_key(const PrivateKey& key) = 0;

  // A TSSPRIVKEY that another program made under the same storage key. Signs with it once and, where no policy forbids,
  // gives it 32 random bytes for an authValue, so that who has its file cannot use what is stored here. Fault::bad_blob
  // if it is no key, cannot do all that the agent does with a key, is not of this TPM, or `auth` is wrong or missing.
  [[nodiscard]] virtual CreatedKey adopt(ByteView tss_private_key, const SecretBytes& auth) = 0;

  // The same key as a TSSPRIVKEY with another authValue (TPM2_ObjectChangeAuth); empty: none, as tpm2-openssl expects
  // of a file without a passphrase. The stored key goes on as it is.
  [[nodiscard]] virtual Bytes export_key(const StoredKey& key, const SecretBytes& auth) = 0;

  // `digest` has the length of `hash`. RSA: the signature block; see sign_ecdsa for EC.
  [[nodiscard]] virtual Bytes sign_rsa_pkcs1(const StoredKey& key, HashAlgorithm hash, ByteView digest) = 0;
  [[nodiscard]] virtual EcdsaSignature sign_ecdsa(const StoredKey& key, HashAlgorithm hash, ByteView digest) = 0;

  // The raw RSA private operation on a block as long as the modulus and less than it (TPM2_RSA_Decrypt, TPM_ALG_NULL).
  // Padding is the caller's: this serves PSS on chips whose salt is not the digest length, and decryption.
  [[nodiscard]] virtual SecretBytes rsa_private(const StoredKey& key, ByteView block) = 0;

  // Puts a secret of 1 to kMaxSecret bytes under the storage key. It crosses the bus encrypted, and so it comes back.
  [[nodiscard]] virtual SealedSecret seal(ByteView secret, const std::optional<PcrPolicy>& policy) = 0;
  [[nodiscard]] SealedSecret seal(ByteView secret) { return seal(secret, std::nullopt); }
  // Fault::bad_blob if this TPM did not seal it; Fault::failed, without an effect on lockout, if `auth` is wrong;
  // Fault::pcr_mismatch if the PCRs are not what the policy, or an approval, asks for. Takes a slot for a few commands:
  // not for every operation. Leaves no copy in the buffers of libtss2.
  [[nodiscard]] virtual SecretBytes unseal(const SealedSecret& sealed) = 0;

  // The present values, in ascending order of their numbers; 32 bytes each. Fault::unsupported without a SHA-256 bank.
  [[nodiscard]] virtual std::vector<Bytes> read_pcrs(PcrMask pcrs) = 0;
  // What keys with an authority may be used under, besides each other: replaces what was set before. At most
  // kMaxApprovals; a signature that does not verify is refused with Fault::bad_blob when it is tried. Unloads all keys.
  virtual void set_pcr_approvals(std::vector<PcrApproval> approvals) = 0;

  // A restricted signing key under the storage key, for certify(): fixedTPM, noDA, ECDSA P-256 with SHA-256.
  [[nodiscard]] virtual AttestationKey create_attestation_key() = 0;
  // That the key lives in this TPM (TPM2_Certify); `nonce`: at most 32 bytes of the one who asks.
  [[nodiscard]] virtual Evidence certify(const StoredKey& key, const AttestationKey& attestation_key,
                                         ByteView nonce) = 0;
  // Proves to a verifier that attestation key and endorsement key are in one TPM (TPM2_ActivateCredential). Both are
  // the contents of TPM2_MakeCredential's results.
  [[nodiscard]] virtual SecretBytes activate_credential(const AttestationKey& attestation_key,
                                                        const EndorsementKey& endorsement_key, ByteView credential,
                                                        ByteView encrypted_secret) = 0;
  // What the manufacturer left in the chip: endorsement keys, IDevID and IAK, with their certificates where they have
  // some. Reads NV and persistent handles: many commands.
  [[nodiscard]] virtual std::vector<ManufacturerKey> manufacturer_keys() = 0;

  // The agent's NV indices, see tpm/anchor.h. What writes is durable when it returns; what would change nothing does
  // not write, for NV wears out. Fault::failed, naming the handle, where another program has an index in our place. No
  // slot.
  //
  // Nothing where they are not all there. Twelve commands at most the first time, three afterwards.
  [[nodiscard]] virtual std::optional<Anchor> read_anchor() = 0;
  // Defines what is missing, so that an interrupted earlier try is completed, and reads. Fault::failed where the owner
  // hierarchy has an authValue, or NV no room.
  virtual Anchor define_anchor() = 0;
  // The next three: Fault::failed where the anchor is not defined. The counters tell their new value.
  virtual void mark_configured() = 0;
  virtual std::uint64_t count_failed_try() = 0;
  virtual std::uint64_t advance_generation() = 0;
  // Takes away what is there of it. Fault::failed with a wrong authorisation of the owner hierarchy, which counts
  // towards lockout on chips that say so.
  virtual void remove_anchor(const SecretBytes& owner_auth) = 0;

  // Also the cheapest way to learn whether the chip answers: one command, no slot.
  [[nodiscard]] virtual Lockout lockout() = 0;

  // Mixes what others contribute into the random numbers of the chip (TPM2_StirRandom), encrypted on its way: at most
  // kMaxEntropy bytes, one command for each 128 of them. More is refused and nothing sent.
  virtual void stir_random(ByteView entropy) = 0;

  // Forgets a loaded key. Unknown ids are ignored.
  virtual void evict(const KeyId& id) noexcept = 0;
};

}  // namespace edgeseal::tpm
