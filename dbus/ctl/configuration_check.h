#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace edgeseal::ctl {

struct ConfigurationMistake {
  std::string file;
  unsigned line = 0;  // 0: the file as a whole
  std::string severity, message;

  [[nodiscard]] bool is_error() const { return severity != "warning"; }
  [[nodiscard]] std::string told() const;  // "file:line: message"
};

// What the agent's own parser, edgeseald --check-config, says of configurations: of a program, not of an agent that
// runs. Throws Failure where it can't be run.
[[nodiscard]] std::vector<ConfigurationMistake> check_configuration(const std::vector<std::string>& paths,
                                                                    const std::string& root);

}  // namespace edgeseal::ctl
