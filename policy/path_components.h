#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::policy {

// The names between the slashes of an absolute path. Throws Error for a path that is relative, too long, or has "." or
// ".." in it.
[[nodiscard]] std::vector<std::string> components_of(std::string_view path);

}  // namespace edgeseal::policy
