#pragma once

#include <map>
#include <string>

namespace edgeseal::ctl {

// a{ss}: what the agent tells of one thing.
using TextMap = std::map<std::string, std::string>;

// Empty: the agent tells no such thing of it.
[[nodiscard]] inline std::string text_of(const TextMap& map, const char* name) {
  const auto found = map.find(name);
  return found == map.end() ? "" : found->second;
}

}  // namespace edgeseal::ctl
