#include "tpm/stored_object.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tpm/public_area.h"
#include "tpm/random_bytes.h"
#include "tpm/residue.h"

namespace edgeseal::tpm {
namespace {

Handle load(const char* operation, Session& session, const StorageKey& parent, const TPM2B_PUBLIC& public_area,
            const TPM2B_PRIVATE& private_area) {
  ESYS_TR object = ESYS_TR_NONE;
  try {
    session.run(operation, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
      return Esys_Load(esys, parent.handle.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE, &private_area, &public_area,
                       &object);
    });
  } catch (const Error& error) {
    if (blames_parameter(error.rc())) throw Error(error.operation(), error.rc(), Fault::bad_blob);
    throw;
  }
  return Handle(session.context(), object, Handle::Release::flush);
}

void set_auth(const char* operation, Context& context, const Handle& object, const SecretBytes& auth) {
  Wiped<TPM2B_AUTH> value;
  if (!assign(value.value, auth.view())) throw Error(operation, Fault::bad_blob, "its authValue is too long");
  context.run(operation, [&](ESYS_CONTEXT* esys) { return Esys_TR_SetAuth(esys, object.get(), &value.value); });
}

TssPrivateKey::Type type_of(const TPM2B_PUBLIC& area) noexcept {
  return area.publicArea.type == TPM2_ALG_KEYEDHASH ? TssPrivateKey::Type::sealed_data
                                                    : TssPrivateKey::Type::loadable_key;
}

void set_policy(TPMT_PUBLIC& area, const ObjectPolicy& policy) {
  area.objectAttributes &= ~TPMA_OBJECT_USERWITHAUTH;
  (void)assign(area.authPolicy, auth_policy(policy));  // a SHA-256 digest
}

// What the blob says of the policy must be what the chip will ask for.
void require_usable(const char* operation, const TPMT_PUBLIC& area, const std::optional<ObjectPolicy>& policy) {
  if (policy && !std::ranges::equal(view(area.authPolicy), auth_policy(*policy))) {
    throw Error(operation, Fault::bad_blob, "its policy is not that of the object");
  }
  if (!policy && (area.objectAttributes & TPMA_OBJECT_USERWITHAUTH) == 0) {
    throw Error(operation, Fault::bad_blob, "only a policy opens it, and there is none in the file");
  }
}

}  // namespace

CreatedObject create_object(const char* operation, Session& session, const StorageKey& parent, TPM2B_PUBLIC area,
                            ByteView data, const std::optional<ObjectPolicy>& policy) {
  if (policy) set_policy(area.publicArea, *policy);
  CreatedObject created;
  created.auth = random_auth();
  Wiped<TPM2B_SENSITIVE_CREATE> sensitive;
  TPMS_SENSITIVE_CREATE& secrets = sensitive.value.sensitive;
  if (!assign(secrets.userAuth, created.auth.view()) || !assign(secrets.data, data)) {
    throw Error(operation, Fault::failed, "too long for the TPM");
  }
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  EsysPtr<TPM2B_PRIVATE> private_area;
  const CreationWipe wipe(session.context());
  session.run(operation, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_Create(esys, parent.handle.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive.value, &area,
                       &no_outside_info, &no_pcrs, out(private_area), out(created.public_area), nullptr, nullptr,
                       nullptr);
  });
  created.tss_private_key =
      encode({type_of(area), false, parent.parent(), marshal(*created.public_area), marshal(*private_area), policy});
  return created;
}

LoadedObject load_object(const char* operation, Session& session, const StorageKey& parent, TssPrivateKey::Type type,
                         ByteView tss_private_key, const SecretBytes& auth) {
  const TssPrivateKey blob = decode_tss_private_key(tss_private_key);
  const TPM2B_PUBLIC public_area = unmarshal_public(blob.public_area);
  const TPM2B_PRIVATE private_area = unmarshal_private(blob.private_area);
  if (blob.type != type || type_of(public_area) != type) {
    throw Error(operation, Fault::bad_blob, std::string("it is not ") + to_string(type));
  }
  require_usable(operation, public_area.publicArea, blob.policy);
  LoadedObject loaded{load(operation, session, parent, public_area, private_area), public_area, blob.policy};
  set_auth(operation, session.context(), loaded.handle, auth);
  return loaded;
}

}  // namespace edgeseal::tpm
