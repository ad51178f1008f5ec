#include "tpm/loaded_key.h"

#include <utility>

#include "tpm/stored_object.h"

namespace edgeseal::tpm {

LoadedKey load_key(Context& context, Session& session, const StorageKey& parent, const StoredKey& key) {
  LoadedObject object = load_object("load key", context, session, parent, TssPrivateKey::Type::loadable_key,
                                    key.tss_private_key, key.auth);
  const TPMT_PUBLIC& area = object.public_area.publicArea;
  LoadedKey loaded{std::move(object.handle), area.type, 0, std::move(object.policy)};
  if (loaded.type == TPM2_ALG_RSA) loaded.modulus_size = area.unique.rsa.size;
  return loaded;
}

}  // namespace edgeseal::tpm
