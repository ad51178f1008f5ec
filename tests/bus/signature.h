#pragma once

#include <string>
#include <string_view>

namespace edgeseal::test {

// Takes the first complete type off a D-Bus signature that isn't empty.
[[nodiscard]] inline std::string take_type(std::string_view& signature) {
  size_t end = 0;
  int open = 0;
  char type = 0;
  do {
    type = signature.at(end++);
    if (type == '{' || type == '(') ++open;
    if (type == '}' || type == ')') --open;
  } while (open > 0 || type == 'a');
  const std::string taken(signature.substr(0, end));
  signature.remove_prefix(end);
  return taken;
}

}  // namespace edgeseal::test
