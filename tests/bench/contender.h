#pragma once

#include <string>
#include <vector>

#include "tests/bench/measurement.h"

namespace edgeseal::bench {

// Clients that are measured in turns with others.
struct Contender {
  std::string path;
  std::vector<SignOnce> clients;
  Measurement measurement;
};

// `time` for each of them.
void take_turns(std::vector<Contender>& contenders, Duration time);

}  // namespace edgeseal::bench
