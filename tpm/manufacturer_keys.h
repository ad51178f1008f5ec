#pragma once

#include <vector>

#include "tpm/evidence.h"
#include "tpm/session.h"

namespace edgeseal::tpm {

// Persistent keys by handle, then certificates of keys that are not there. What cannot be read, or is no key or
// certificate of the kinds, is left out. Takes a free slot while it lasts.
[[nodiscard]] std::vector<ManufacturerKey> read_manufacturer_keys(Session& session);

}  // namespace edgeseal::tpm
