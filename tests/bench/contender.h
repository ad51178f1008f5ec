#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/bench/measurement.h"

namespace edgeseal::bench {

// Clients that are measured in turns with others, and the processes that serve them where those count.
struct Contender {
  std::string path;
  std::vector<Operation> clients;
  Measurement measurement;
  std::vector<pid_t> servers = {};  // with all that they have forked
};

// `time` for each of them.
void take_turns(std::vector<Contender>& contenders, Duration time);

}  // namespace edgeseal::bench
