#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tpm/bytes.h"
#include "tpm/object_policy.h"

namespace edgeseal::tpm {

// The ASN.1 form in which TPM keys are stored and exchanged (draft "ASN.1 Specification for TPM 2.0 Key Files"; the
// subset that tpm2-openssl and tpm2-tss-engine read and write):
//
//   TSSPRIVKEY ::= SEQUENCE {
//     type        OBJECT IDENTIFIER,                 -- see Type
//     emptyAuth   [0] EXPLICIT BOOLEAN OPTIONAL,
//     policy      [1] EXPLICIT SEQUENCE OF SEQUENCE {  -- see tpm/object_policy.h
//       commandCode   [0] EXPLICIT INTEGER,
//       commandPolicy [1] EXPLICIT OCTET STRING } OPTIONAL,
//                                                    -- [2] secret and what may follow it: refused
//     parent      INTEGER,
//     pubkey      OCTET STRING,                      -- TPM2B_PUBLIC
//     privkey     OCTET STRING }                     -- TPM2B_PRIVATE
struct TssPrivateKey {
  enum class Type {
    loadable_key,  // 2.23.133.10.1.3
    sealed_data    // 2.23.133.10.1.5
  };

  // The hierarchy handle stands for the ECC P-256 primary that everybody makes from the same template.
  static constexpr std::uint32_t kOwnerPrimary = 0x40000001;
  static constexpr std::uint32_t kPersistentStorageKey = 0x81000001;
  static constexpr std::size_t kMaxSize = 8192;

  Type type = Type::loadable_key;
  bool empty_auth = false;
  std::uint32_t parent = kOwnerPrimary;
  Bytes public_area;   // TPM2B_PUBLIC as marshalled, with its size
  Bytes private_area;  // TPM2B_PRIVATE as marshalled, with its size
  std::optional<ObjectPolicy> policy = {};

  friend bool operator==(const TssPrivateKey&, const TssPrivateKey&) = default;
};

// "a loadable key (2.23.133.10.1.3)", ...
[[nodiscard]] const char* to_string(TssPrivateKey::Type type) noexcept;

// The two areas together leave room for the frame within kMaxSize: every TPM key does.
[[nodiscard]] Bytes encode(const TssPrivateKey& key);

// Strict DER (but for the value of emptyAuth) and nothing after it; both areas hold what their size says and are not
// empty; the parent is one of the two above; a policy is one that the agent can satisfy. Throws Error with
// Fault::bad_blob. Whether the areas mean anything only the TPM can tell.
[[nodiscard]] TssPrivateKey decode_tss_private_key(ByteView der);

}  // namespace edgeseal::tpm
