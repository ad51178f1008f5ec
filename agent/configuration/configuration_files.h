#pragma once

#include <string>
#include <vector>

namespace edgeseal::agent {

// Configuration that others may write is none: all throw Error{invalid_argument} with path, cause and remedy.

// `image`: the root of one that is looked at from outside, where what the agent could not read is refused, too.
[[nodiscard]] std::string read_configuration_file(const std::string& path, const std::string& image = {});
// The *.toml of a directory, in their order, without hidden ones; a missing directory has none.
[[nodiscard]] std::vector<std::string> configuration_files(const std::string& directory, const std::string& image = {});
// What cannot be looked at is there: reading it tells why.
[[nodiscard]] bool is_missing(const std::string& path);

}  // namespace edgeseal::agent
