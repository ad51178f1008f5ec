#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "agent/configuration/configuration_problems.h"

namespace edgeseal::agent {

// What is known of the machine for which the files are: accounts may be missing in an image that is still being built.
struct ConfigurationSurroundings {
  using Has = std::function<bool(const std::string& name)>;

  std::string
      root{};  // of an image that is looked at from outside; what the files name is below it; empty: this machine
  Has has_user, has_group, has_path;
  ConfigurationProblem::Kind missing = ConfigurationProblem::Kind::meaning;  // what an account is that is not there
};
[[nodiscard]] ConfigurationSurroundings this_machine();
// By the etc/passwd and etc/group below `root`; what is missing there is a warning.
[[nodiscard]] ConfigurationSurroundings image(const std::string& root);
[[nodiscard]] std::optional<gid_t> group_in_image(const std::string& root, const std::string& name);
// At a start: what is missing may come later, and is told where it is used.
[[nodiscard]] ConfigurationSurroundings any_machine();

}  // namespace edgeseal::agent
