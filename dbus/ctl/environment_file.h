#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::ctl {

struct EnvironmentAssignment {
  std::string file;
  std::string text;  // NAME=VALUE
};

// What the files that EnvironmentFile= names by these patterns assign to a variable. One that isn't there assigns
// nothing. Throws Failure (Usage) where one can't be read.
[[nodiscard]] std::vector<EnvironmentAssignment> assignments_in(const std::vector<std::string>& patterns,
                                                                std::string_view variable);

}  // namespace edgeseal::ctl
