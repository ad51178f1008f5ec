#include "tpm/endorsement.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tpm/capabilities.h"
#include "tpm/memory.h"
#include "tpm/persistent_object.h"
#include "tpm/public_area.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kOperation = "open the endorsement key";

// TPM2_PolicySecret of the endorsement hierarchy, SHA-256.
constexpr std::array<BYTE, 32> kPolicyA{0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                        0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                        0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

constexpr TPMA_OBJECT kAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                    TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;

template <class Parameters>
void set_aes_128_cfb(Parameters& parameters) {
  parameters.symmetric.algorithm = TPM2_ALG_AES;
  parameters.symmetric.keyBits.aes = 128;
  parameters.symmetric.mode.aes = TPM2_ALG_CFB;
  parameters.scheme.scheme = TPM2_ALG_NULL;
}

// The templates L-1 and L-2, EK Credential Profile §B.3.3 and B.3.4: `unique` is as long as the key, and zero.
TPM2B_PUBLIC endorsement_key_template(EndorsementKey kind) {
  TPM2B_PUBLIC key{};
  TPMT_PUBLIC& area = key.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kAttributes;
  area.authPolicy.size = kPolicyA.size();
  std::ranges::copy(kPolicyA, area.authPolicy.buffer);
  if (kind == EndorsementKey::rsa_2048) {
    area.type = TPM2_ALG_RSA;
    set_aes_128_cfb(area.parameters.rsaDetail);
    area.parameters.rsaDetail.keyBits = 2048;
    area.unique.rsa.size = 256;
    return key;
  }
  area.type = TPM2_ALG_ECC;
  set_aes_128_cfb(area.parameters.eccDetail);
  area.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
  area.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
  area.unique.ecc.x.size = 32;
  area.unique.ecc.y.size = 32;
  return key;
}

// By whichever of the TCG's policies: the templates H-1 and H-2 have another one, and let the authValue do.
bool is_endorsement_key(const TPM2B_PUBLIC& found, EndorsementKey kind) {
  TPM2B_PUBLIC expected = endorsement_key_template(kind);
  expected.publicArea.objectAttributes |= found.publicArea.objectAttributes & TPMA_OBJECT_USERWITHAUTH;
  expected.publicArea.authPolicy = found.publicArea.authPolicy;
  return made_from(expected, found);
}

// Who makes an endorsement key, and who satisfies its policy, shows the authValue of the hierarchy.
template <class Use>
void with_endorsement_hierarchy(const Use& use) {
  try {
    use();
  } catch (const Error& error) {
    if (!wrong_auth(error.rc())) throw;
    throw Error(kOperation, error.rc(), Fault::failed,
                "the endorsement hierarchy has an authorisation value, and the agent has none to give. Empty it for as "
                "long as the credential is activated (tpm2_changeauth -c endorsement -p VALUE) and set it again "
                "afterwards (tpm2_changeauth -c endorsement VALUE)");
  }
}

LoadedEndorsementKey make_primary(Session& session, EndorsementKey kind) {
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_PUBLIC area = endorsement_key_template(kind);
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR key = ESYS_TR_NONE;
  with_endorsement_hierarchy([&] {
    session.run(kOperation, Session::Encrypt::nothing, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
      return Esys_CreatePrimary(esys, ESYS_TR_RH_ENDORSEMENT, authorising, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &area,
                                &no_outside_info, &no_pcrs, &key, nullptr, nullptr, nullptr, nullptr);
    });
  });
  return {Handle(session.context(), key, Handle::Release::flush)};
}

void satisfy_policy_a(Session& session, const Session& policy) {
  const TPM2B_NONCE any_nonce{};
  const TPM2B_DIGEST any_command{};
  const TPM2B_NONCE no_reference{};
  with_endorsement_hierarchy([&] {
    session.run(kOperation, Session::Encrypt::nothing, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
      return Esys_PolicySecret(esys, ESYS_TR_RH_ENDORSEMENT, policy.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE,
                               &any_nonce, &any_command, &no_reference, 0, nullptr, nullptr);
    });
  });
}

}  // namespace

bool find_endorsement_key(Session& session, EndorsementKey kind,
                          const std::function<bool(const LoadedEndorsementKey&)>& serves) {
  bool primary_tried = false;
  for (const TPM2_HANDLE handle : handles_from(session.context(), kFirstEndorsementKey)) {
    if (handle > kLastEndorsementKey) break;
    auto object = find_persistent_object(session.context(), handle);
    if (!object || !is_endorsement_key(object->area, kind)) continue;
    const bool by_auth_value = (object->area.publicArea.objectAttributes & TPMA_OBJECT_USERWITHAUTH) != 0;
    if (serves({std::move(object->handle), by_auth_value})) return true;
    primary_tried = primary_tried || made_from(endorsement_key_template(kind), object->area);
  }
  return !primary_tried && serves(make_primary(session, kind));
}

EndorsementAuthorization::EndorsementAuthorization(Session& session, const StorageKey& salt_key,
                                                   const LoadedEndorsementKey& key) {
  if (key.by_auth_value) return;
  policy_.emplace(session.context(), salt_key.handle.get(), Session::Kind::policy);
  satisfy_policy_a(session, *policy_);
}

}  // namespace edgeseal::tpm
