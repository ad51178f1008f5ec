#include "tpm/sealing.h"

#include <utility>

#include "tpm/key_template.h"
#include "tpm/residue.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {

SealedSecret seal(Session& session, const StorageKey& parent, ByteView secret,
                  const std::optional<ObjectPolicy>& policy) {
  constexpr const char* operation = "seal";
  if (secret.empty() || secret.size() > KeyDevice::kMaxSecret) {
    throw Error(operation, Fault::failed, "the secret has not 1 to 64 bytes");
  }
  CreatedObject object = create_object(operation, session, parent, sealed_data_template(), secret, policy);
  return SealedSecret{std::move(object.tss_private_key), std::move(object.auth)};
}

// TPM2_Unseal (TPM 2.0 Part 3 §12.7). The command has no parameter to encrypt.
SecretBytes unseal(Session& session, Authorisation& authorisation, const StorageKey& parent,
                   const SealedSecret& sealed) {
  constexpr const char* operation = "unseal";
  authorisation.prepare(decode_tss_private_key(sealed.tss_private_key).policy);
  const LoadedObject object =
      load_object(operation, session, parent, TssPrivateKey::Type::sealed_data, sealed.tss_private_key, sealed.auth);
  EsysPtr<TPM2B_SENSITIVE_DATA> secret;
  const ResponseWipe wipe(session.context());
  authorisation.run(operation, object.policy, Session::Encrypt::response, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_Unseal(esys, object.handle.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE, out(secret));
  });
  return SecretBytes(view(*secret));
}

}  // namespace edgeseal::tpm
