#pragma once

#include <string>

#include "tests/bench/soak/soak.h"

namespace edgeseal::bench {

[[nodiscard]] std::string soak_table(const SoakResult& result);
[[nodiscard]] std::string soak_json(const SoakResult& result, const std::vector<std::string>& broken);

}  // namespace edgeseal::bench
