#include "tests/bench/contender.h"

namespace edgeseal::bench {

void take_turns(std::vector<Contender>& contenders, Duration time) {
  constexpr std::chrono::milliseconds longest_turn{200};
  const auto turns = (time + longest_turn - Duration(1)) / longest_turn;
  for (auto turn = turns; turn > 0; --turn)
    for (Contender& contender : contenders) contender.measurement.add(run_clients(contender.clients, time / turns));
}

}  // namespace edgeseal::bench
