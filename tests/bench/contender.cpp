#include "tests/bench/contender.h"

#include "tests/bench/processor_time.h"

namespace edgeseal::bench {
namespace {

Duration used_by(const std::vector<pid_t>& servers) {
  Duration used{0};
  for (const pid_t server : servers) used += processor_time_with_children(server);
  return used;
}

Load take_turn(const Contender& contender, Duration time) {
  const Duration before = used_by(contender.servers);
  Load load = run_clients(contender.clients, time);
  load.server_time = used_by(contender.servers) - before;
  return load;
}

}  // namespace

void take_turns(std::vector<Contender>& contenders, Duration time) {
  constexpr std::chrono::milliseconds longest_turn{200};
  const auto turns = (time + longest_turn - Duration(1)) / longest_turn;
  for (auto turn = turns; turn > 0; --turn)
    for (Contender& contender : contenders) contender.measurement.add(take_turn(contender, time / turns));
}

}  // namespace edgeseal::bench
