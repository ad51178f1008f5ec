#include "tpm/loaded_key.h"

#include <utility>

#include "tpm/public_area.h"

namespace edgeseal::tpm {

LoadedKey as_key(LoadedObject object) {
  const TPMT_PUBLIC& area = object.public_area.publicArea;
  LoadedKey loaded{std::move(object.handle), area.type, {}, std::move(object.policy)};
  PublicKey key = public_key(area);
  if (const auto* ec = std::get_if<EcPublicKey>(&key)) {
    loaded.field_size = ec->x.size();
  } else {
    loaded.modulus = std::move(std::get<RsaPublicKey>(key).modulus);
  }
  return loaded;
}

LoadedKey load_key(Session& session, const StorageKey& parent, const StoredKey& key) {
  return as_key(
      load_object("load key", session, parent, TssPrivateKey::Type::loadable_key, key.tss_private_key, key.auth));
}

}  // namespace edgeseal::tpm
