#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace edgeseal::test {

struct ProgramResult {
  int status = -1;  // exit status; 128 + signal
  std::string out;
  std::string err;
};

// Runs a program to its end with the environment of the test; its output goes through files in `directory`.
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& command, const std::filesystem::path& directory,
                                        const std::string& input = "");

}  // namespace edgeseal::test
