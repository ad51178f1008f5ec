#pragma once

#include <stdio.h>

#include <array>
#include <stdexcept>
#include <string>

namespace edgeseal::test {

// The standard output of a shell command. Throws std::runtime_error if it fails.
inline std::string run_program(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), size);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

}  // namespace edgeseal::test
