#pragma once

#include <string_view>

namespace edgeseal::policy {

// The name of an application or of a profile: 1 to 64 of [a-z0-9_-], the first a letter or digit. Safe as a file name
// and as part of a key name.
[[nodiscard]] bool is_plain_name(std::string_view name);

}  // namespace edgeseal::policy
