#pragma once

#include <optional>
#include <string>

#include "agent/publication/publication_layout.h"

namespace edgeseal::agent {

// What stands in `directory`, that of a group, of the slot of this key, so that the next generation can show the same:
// for a slot whose certificate was damaged in the state. Nothing where nothing stands there. Throws
// Error{security_checks_failed} for what can't be read, or is of another key.
[[nodiscard]] std::optional<PublishedSlot> standing_slot(const std::string& directory, const KeyRecord& key);

}  // namespace edgeseal::agent
