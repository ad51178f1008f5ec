#include "tpm/attestation.h"

#include <utility>

#include "tpm/endorsement.h"
#include "tpm/key_template.h"
#include "tpm/marshal.h"
#include "tpm/public_area.h"
#include "tpm/residue.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kCertify = "certify key";
constexpr const char* kActivate = "activate credential";
constexpr std::size_t kMaxNonce = 32;

// Restricted: it signs what the TPM made, and nothing that only looks like it.
TPM2B_PUBLIC attestation_key_template() {
  TPM2B_PUBLIC key = application_key_template(KeyAlgorithm::ec_p256);
  key.publicArea.objectAttributes |= TPMA_OBJECT_RESTRICTED;
  TPMT_ECC_SCHEME& scheme = key.publicArea.parameters.eccDetail.scheme;
  scheme.scheme = TPM2_ALG_ECDSA;
  scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  return key;
}

LoadedObject load(const char* operation, Session& session, const StorageKey& parent, ByteView tss_private_key,
                  const SecretBytes& auth) {
  return load_object(operation, session, parent, TssPrivateKey::Type::loadable_key, tss_private_key, auth);
}

LoadedObject load(const char* operation, Session& session, const StorageKey& parent, const AttestationKey& key) {
  LoadedObject loaded = load(operation, session, parent, key.tss_private_key, key.auth);
  if (!made_from(attestation_key_template(), loaded.public_area)) {
    throw Error(operation, Fault::bad_blob, "the signing key is not an attestation key");
  }
  return loaded;
}

Bytes public_area(const LoadedObject& key) {
  return marshal_with(Tss2_MU_TPMT_PUBLIC_Marshal, key.public_area.publicArea);
}

template <class Tpm2b>
Tpm2b input(ByteView bytes, const char* name) {
  Tpm2b out{};
  if (bytes.empty() || bytes.size() > sizeof out - sizeof out.size) {
    throw Error(kActivate, Fault::failed, std::string(name) + " has no size that a TPM knows");
  }
  memcpy(reinterpret_cast<std::byte*>(&out) + sizeof out.size, bytes.data(), bytes.size());
  out.size = static_cast<UINT16>(bytes.size());
  return out;
}

}  // namespace

AttestationKey create_attestation_key(Session& session, const StorageKey& parent) {
  CreatedObject key = create_object("create attestation key", session, parent, attestation_key_template(), {});
  return {std::move(key.tss_private_key), std::move(key.auth)};
}

// TPM2_Certify (TPM 2.0 Part 3 §18.2). Each of the two keys needs a session of its own.
Evidence certify(Session& session, const StorageKey& parent, const StoredKey& key,
                 const AttestationKey& attestation_key, ByteView nonce) {
  TPM2B_DATA qualifying_data{};
  if (nonce.size() > kMaxNonce || !assign(qualifying_data, nonce)) {
    throw Error(kCertify, Fault::failed, "the nonce is longer than 32 bytes");
  }
  const LoadedObject signer = load(kCertify, session, parent, attestation_key);
  const LoadedObject object = load(kCertify, session, parent, key.tss_private_key, key.auth);
  Session second(session.context(), parent.handle.get(), Session::Kind::further_hmac);
  TPMT_SIG_SCHEME scheme_of_key{};
  scheme_of_key.scheme = TPM2_ALG_NULL;
  EsysPtr<TPM2B_ATTEST> info;
  EsysPtr<TPMT_SIGNATURE> signature;
  session.run(kCertify, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR first) {
    return Esys_Certify(esys, object.handle.get(), signer.handle.get(), first, second.get(), ESYS_TR_NONE,
                        &qualifying_data, &scheme_of_key, out(info), out(signature));
  });
  const auto attested = std::as_bytes(std::span(info->attestationData, info->size));
  return {public_area(object), Bytes(attested.begin(), attested.end()),
          marshal_with(Tss2_MU_TPMT_SIGNATURE_Marshal, *signature), public_area(signer)};
}

// TPM2_ActivateCredential (TPM 2.0 Part 3 §12.5).
SecretBytes activate_credential(Session& session, const StorageKey& parent, const AttestationKey& attestation_key,
                                EndorsementKey endorsement_key, ByteView credential, ByteView encrypted_secret) {
  const auto blob = input<TPM2B_ID_OBJECT>(credential, "the credential");
  const auto seed = input<TPM2B_ENCRYPTED_SECRET>(encrypted_secret, "the encrypted secret");
  const LoadedObject activated = load(kActivate, session, parent, attestation_key);
  const ResponseWipe wipe(session.context());
  EsysPtr<TPM2B_DIGEST> secret;
  const auto opens = [&](const LoadedEndorsementKey& key) {
    const EndorsementAuthorization authorization(session, parent, key);
    try {
      session.run(kActivate, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
        return Esys_ActivateCredential(esys, activated.handle.get(), key.handle.get(), authorising,
                                       authorization.session(), ESYS_TR_NONE, &blob, &seed, out(secret));
      });
      return true;
    } catch (const Error& error) {
      if (!blames_parameter(error.rc())) throw;
      return false;
    }
  };
  // The last to need a slot: what begins anew for want of one has not made a primary, which takes seconds.
  if (!find_endorsement_key(session, endorsement_key, opens)) {
    throw Error(kActivate, Fault::bad_blob, "the credential was not made for these two keys");
  }
  return SecretBytes(view(*secret));
}

}  // namespace edgeseal::tpm
