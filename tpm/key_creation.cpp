#include "tpm/key_creation.h"

#include <utility>

#include "tpm/key_template.h"
#include "tpm/public_area.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {

CreatedKey create_key(Session& session, const StorageKey& parent, KeyAlgorithm algorithm,
                      const std::optional<ObjectPolicy>& policy) {
  CreatedObject key = create_object("create key", session, parent, application_key_template(algorithm), {}, policy);
  return CreatedKey{public_key(key.public_area->publicArea), std::move(key.tss_private_key), std::move(key.auth)};
}

}  // namespace edgeseal::tpm
