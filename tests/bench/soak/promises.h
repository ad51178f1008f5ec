#pragma once

#include <string>
#include <vector>

#include "tests/bench/soak/soak.h"

namespace edgeseal::bench {

// What a run has broken of what the agent promises, a line each: who was not answered, who starved, what grew.
[[nodiscard]] std::vector<std::string> broken_promises(const SoakResult& result);

}  // namespace edgeseal::bench
