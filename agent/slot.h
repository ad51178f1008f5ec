#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tpm/key_types.h"
#include "tpm/pcr_policy.h"

namespace edgeseal::agent {

// One purpose of one application: at most one active key and certificate and one pending key.
struct Slot {
  std::string application;
  std::string group;
  std::string certificate_type;

  auto operator<=>(const Slot&) const = default;
  // application/group/certificate-type: the key name of the socket and of key references.
  [[nodiscard]] std::string key_name() const;
};

// `tpm`: made in the TPM, never leaves it. `sealed`: a software key whose only stored form is sealed to the TPM.
enum class KeyProtection { tpm, sealed };

// What an RSA key is for: whatever RSA does, or signatures with PSS and nothing else (RFC 4055).
enum class RsaUse { any, pss };

// What the keys of a slot are to be.
struct KeyDeclaration {
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::ec_p256;
  KeyProtection protection = KeyProtection::tpm;
  tpm::PcrMask pcrs = 0;  // whose state the keys are bound to; 0: none
  RsaUse rsa_use = RsaUse::any;

  bool operator==(const KeyDeclaration&) const = default;
};

// A slot as an application declares it: "https/https=ec-p256", "application/rsa-sha256",
// "tls/tls-client=ed25519,sealed", "https/https=ec-p256,pcrs=7+11", "https/https=rsa-2048,pss".
struct SlotDeclaration {
  std::string group;
  std::string certificate_type;
  KeyDeclaration key;

  bool operator==(const SlotDeclaration&) const = default;
  // Throws Error{invalid_argument} naming the allowed values, and for an algorithm that no TPM has the protection that
  // has it.
  [[nodiscard]] static SlotDeclaration parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

// Whether such a key fits the certificate type of the slot.
[[nodiscard]] bool takes(const Slot& slot, tpm::KeyAlgorithm algorithm, RsaUse rsa_use);

// The algorithm of this size that the slot takes and that is of the kind of `like`; nothing where there is none.
[[nodiscard]] std::optional<tpm::KeyAlgorithm> algorithm_of_size(const Slot& slot, tpm::KeyAlgorithm like,
                                                                 std::size_t bits);

// Nothing for another than an RSA key.
[[nodiscard]] std::optional<std::size_t> modulus_bits(tpm::KeyAlgorithm algorithm);
[[nodiscard]] std::string_view algorithm_name(tpm::KeyAlgorithm algorithm);  // "ec-p256"
[[nodiscard]] tpm::KeyAlgorithm parse_algorithm(std::string_view name);      // throws Error{invalid_argument}
[[nodiscard]] std::string_view protection_name(KeyProtection protection);    // "sealed"
[[nodiscard]] KeyProtection parse_protection(std::string_view name);         // throws Error{invalid_argument}
[[nodiscard]] std::vector<unsigned> pcr_numbers(tpm::PcrMask pcrs);          // ascending

}  // namespace edgeseal::agent
