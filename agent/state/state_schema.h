#pragma once

#include <span>

namespace edgeseal::agent {

// One SQL script per schema version: what leads from the version before to it. Never edited after a release, only
// appended to.
[[nodiscard]] std::span<const char* const> state_migrations();

}  // namespace edgeseal::agent
