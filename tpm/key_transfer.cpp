#include "tpm/key_transfer.h"

#include <utility>

#include "tpm/memory.h"
#include "tpm/public_area.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {
namespace {

void require_signing(const char* operation, const TPMT_PUBLIC& area) {
  constexpr TPMA_OBJECT mask = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_RESTRICTED;
  if ((area.objectAttributes & mask) == TPMA_OBJECT_SIGN_ENCRYPT) return;
  throw Error(operation, Fault::bad_blob, "the key cannot sign what it is given");
}

// TPM2_ObjectChangeAuth (TPM 2.0 Part 3 §12.8).
EsysPtr<TPM2B_PRIVATE> change_auth(const char* operation, Context& context, Session& session, const StorageKey& parent,
                                   const LoadedKey& loaded, const SecretBytes& auth) {
  Wiped<TPM2B_AUTH> value;
  if (auth.size() > TPM2_SHA256_DIGEST_SIZE || !assign(value.value, auth.view())) {
    throw Error(operation, Fault::failed, "the authValue has more than 32 bytes");
  }
  EsysPtr<TPM2B_PRIVATE> private_area;
  const auto use = session.use(Session::Encrypt::both);
  context.run(operation, [&](ESYS_CONTEXT* esys) {
    return Esys_ObjectChangeAuth(esys, loaded.handle.get(), parent.handle.get(), use.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                 &value.value, out(private_area));
  });
  return private_area;
}

}  // namespace

CreatedKey adopt_key(Context& context, Session& session, const StorageKey& parent, ByteView tss_private_key,
                     const SecretBytes& auth) {
  constexpr const char* operation = "adopt key";
  const LoadedObject object =
      load_object(operation, context, session, parent, TssPrivateKey::Type::loadable_key, tss_private_key, auth);
  const TPMT_PUBLIC& area = object.public_area.publicArea;
  require_signing(operation, area);
  TssPrivateKey blob = decode_tss_private_key(tss_private_key);
  blob.parent = parent.parent();
  blob.empty_auth = auth.empty();
  return CreatedKey{public_key(area), encode(blob), SecretBytes(auth.view())};
}

Bytes export_key(Context& context, Session& session, const StorageKey& parent, const LoadedKey& loaded,
                 const StoredKey& key, const SecretBytes& auth) {
  const auto private_area = change_auth("export key", context, session, parent, loaded, auth);
  TssPrivateKey blob = decode_tss_private_key(key.tss_private_key);
  blob.empty_auth = auth.empty();
  blob.private_area = marshal(*private_area);
  return encode(blob);
}

}  // namespace edgeseal::tpm
