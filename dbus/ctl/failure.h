#pragma once

#include <stdexcept>
#include <string>

namespace edgeseal::ctl {

// Documented in the manual page; scripts depend on them.
enum class ExitCode { Ok = 0, Refused = 1, Usage = 2, NotReachable = 3, CommandNotRun = 126, CommandNotFound = 127 };

// Ends the program: the problem and what to do about it (may be empty) go to stderr.
struct Failure : std::runtime_error {
  Failure(ExitCode exit_code, const std::string& problem, std::string what_to_do = "", std::string error_kind = "")
      : std::runtime_error(problem), code(exit_code), remedy(std::move(what_to_do)), kind(std::move(error_kind)) {}
  ExitCode code;
  std::string remedy;
  std::string kind;  // of a refusal on the bus: the last part of the error's name, "ServerTooBusy"; else empty
};

}  // namespace edgeseal::ctl
