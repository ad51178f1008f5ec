#include "agent/immediate_binding.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace edgeseal::agent {

void require_immediate_binding(char** arguments) {
  constexpr const char* variable = "LD_BIND_NOW";
  const char* const value = std::getenv(variable);
  if (value != nullptr && *value != '\0') return;
  std::error_code failure;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure && ::setenv(variable, "1", 1) == 0) ::execv(program.c_str(), arguments);
}

}  // namespace edgeseal::agent
