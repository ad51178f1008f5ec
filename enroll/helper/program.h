#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "enroll/openssl.h"

namespace edgeseal::enroll::helper {

struct ProgramLimits {
  std::chrono::milliseconds time{120'000};
  std::size_t output = 256 * 1024;
};

struct ProgramEnd {
  int exit_status = 0;
  Bytes output;
};

// Runs a program that somebody installed for us: what it is told comes on its standard input, which then ends; its
// standard error is ours. It has the working directory "/", the usual PATH, nothing else of the environment and no
// other descriptor. It and its process group are killed when the time is over, the output too long, or `stop` says so;
// the rest of the group also when it ends.
//
// Throws Error{policy}: no absolute path, no program, or one that others may replace, by a link on the way to it as
// well; Error{transport}: it did not end by itself; Error{cancelled}.
[[nodiscard]] ProgramEnd run_program(const std::string& path, ByteView input, const ProgramLimits& limits,
                                     const std::stop_token& stop);

}  // namespace edgeseal::enroll::helper
