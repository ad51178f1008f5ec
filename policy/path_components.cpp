#include "policy/path_components.h"

#include <limits.h>

#include <algorithm>

#include "policy/error.h"

namespace edgeseal::policy {

std::vector<std::string> components_of(std::string_view path) {
  const std::string shown(path.substr(0, PATH_MAX));
  if (!path.starts_with('/')) throw Error(shown, "is not an absolute path; write it from the root directory on");
  if (path.size() >= PATH_MAX) throw Error(shown, "the path is longer than " + std::to_string(PATH_MAX - 1) + " bytes");
  if (path.find('\0') != std::string_view::npos) throw Error(shown.c_str(), "the path contains a zero byte");
  std::vector<std::string> components;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name == "." || name == "..")
      throw Error(shown, "the path contains \"" + std::string(name) + "\"; write it without");
    if (!name.empty()) components.emplace_back(name);
    begin = end + 1;
  }
  return components;
}

}  // namespace edgeseal::policy
