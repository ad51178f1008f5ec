#pragma once

#include <optional>
#include <string>

#include "agent/keys/key_service.h"
#include "agent/keys/pcr_policies.h"
#include "agent/keys/spare_keys.h"

namespace edgeseal::agent {

// A private key that comes from outside.
struct OutsideKey {
  std::string format;  // one of private_key_formats; empty: found out
  tpm::SecretBytes encoded;
  tpm::SecretBytes passphrase;
  std::optional<KeyProtection> protection{};  // nothing: what the slot declares
  Bytes public_key{};                         // DER SubjectPublicKeyInfo that it must have; empty: any
};

// OPC 10000-12 §7.10.3 names PEM and PFX. TSS2 is a key that another program made in this TPM (ASN.1 TSSPRIVKEY).
inline constexpr std::array<std::string_view, 4> private_key_formats = {"PEM", "PFX", "DER", "TSS2"};

// Makes the pending keys of slots: in the TPM or in software, anew or of what comes from outside. Loop's thread.
class KeyMaker {
 public:
  KeyMaker(State& state, TpmWorker& tpm, SealedKeys& sealed, KeyService& keys, const PcrPolicies& policies,
           SpareKeys& spares)
      : state_(state), tpm_(tpm), sealed_(sealed), keys_(keys), policies_(policies), spares_(spares) {}

  // False for what the TPM, as far as it is known, does not make.
  [[nodiscard]] bool offers(const KeyDeclaration& declaration) const;

  // In place of an earlier pending key; `entropy`, where there is some, goes into the random numbers that it is made of
  // (OPC 10000-12 §7.10.10, nonce). Throws or answers Error{not_supported}, naming what this TPM offers.
  void create(const Slot& slot, const KeyDeclaration& declaration, Bytes entropy, Answer<KeyPtr> answer);

  // Marked as exposed. Throws or answers Error{not_supported} for a format or kind of key that the agent or the slot
  // does not take, Error{invalid_argument} for what cannot be read.
  void import_key(const Slot& slot, const KeyDeclaration& declaration, OutsideKey key, Answer<KeyPtr> answer);

 private:
  void create_in_tpm(const Slot& slot, const KeyDeclaration& declaration, Bytes entropy, Answer<KeyPtr> answer);
  void create_sealed(const Slot& slot, const KeyDeclaration& declaration, Bytes entropy, Answer<KeyPtr> answer);
  void import_into_tpm(const Slot& slot, OutsideKey key, Answer<KeyPtr> answer);
  void import_sealed(const Slot& slot, const KeyDeclaration& declaration, OutsideKey key, Answer<KeyPtr> answer);
  void adopt(const Slot& slot, const KeyDeclaration& declaration, OutsideKey key, Answer<KeyPtr> answer);
  // `public_key` is what the key said of itself outside; empty: what the TPM says.
  [[nodiscard]] Answer<std::shared_ptr<tpm::CreatedKey>> store_imported(const Slot& slot, const Bytes& expected,
                                                                        const Bytes& public_key, Answer<KeyPtr> answer);
  // The key becomes the pending one of its slot.
  [[nodiscard]] KeyPtr store(KeyRecord record);

  State& state_;
  TpmWorker& tpm_;
  SealedKeys& sealed_;
  KeyService& keys_;
  const PcrPolicies& policies_;
  SpareKeys& spares_;
};

}  // namespace edgeseal::agent
