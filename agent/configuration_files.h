#pragma once

#include <string>
#include <vector>

namespace edgeseal::agent {

// Configuration that others may write is none: all throw Error{invalid_argument} with path, cause and remedy.

[[nodiscard]] std::string read_configuration_file(const std::string& path);
// The *.toml of a directory, in their order; a missing directory has none.
[[nodiscard]] std::vector<std::string> configuration_files(const std::string& directory);
// What cannot be looked at is there: reading it tells why.
[[nodiscard]] bool is_missing(const std::string& path);

}  // namespace edgeseal::agent
