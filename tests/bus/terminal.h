#pragma once

#include <string>
#include <vector>

#include "tests/bus/program.h"

namespace edgeseal::test {

// Runs a program on a terminal of its own, types `answer` and Enter once it has written `prompt`, and waits for its
// end. `out` is what a person would have seen.
[[nodiscard]] ProgramResult run_on_terminal(const std::vector<std::string>& command, const std::string& prompt,
                                            const std::string& answer);

}  // namespace edgeseal::test
