#include "tpm/loaded_key.h"

#include "tpm/memory.h"
#include "tpm/public_area.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::tpm {
namespace {

Handle load_object(Context& context, Session& session, const StorageKey& parent, const TPM2B_PUBLIC& public_area,
                   const TPM2B_PRIVATE& private_area) {
  ESYS_TR object = ESYS_TR_NONE;
  const auto use = session.use(Session::Encrypt::both);
  try {
    context.run("load key", [&](ESYS_CONTEXT* esys) {
      return Esys_Load(esys, parent.handle.get(), use.get(), ESYS_TR_NONE, ESYS_TR_NONE, &private_area, &public_area,
                       &object);
    });
  } catch (const Error& error) {
    if (blames_parameter(error.rc())) throw Error(error.operation(), error.rc(), Fault::bad_blob);
    throw;
  }
  return Handle(context, object, Handle::Release::flush);
}

void set_auth(Context& context, const Handle& key, const SecretBytes& auth) {
  Wiped<TPM2B_AUTH> value;
  if (!assign(value.value, auth.view())) throw Error("load key", Fault::bad_blob, "its authValue is too long");
  context.run("set authorisation", [&](ESYS_CONTEXT* esys) { return Esys_TR_SetAuth(esys, key.get(), &value.value); });
}

}  // namespace

LoadedKey load_key(Context& context, Session& session, const StorageKey& parent, const StoredKey& key) {
  const TssPrivateKey blob = decode_tss_private_key(key.tss_private_key);
  const TPM2B_PUBLIC public_area = unmarshal_public(blob.public_area);
  const TPM2B_PRIVATE private_area = unmarshal_private(blob.private_area);
  LoadedKey loaded{load_object(context, session, parent, public_area, private_area), public_area.publicArea.type};
  set_auth(context, loaded.handle, key.auth);
  if (loaded.type == TPM2_ALG_RSA) loaded.modulus_size = public_area.publicArea.unique.rsa.size;
  return loaded;
}

}  // namespace edgeseal::tpm
