#pragma once

#include <chrono>

#include "tests/bench/soak/bus_connection.h"
#include "tests/bench/soak/population.h"

namespace edgeseal::bench {

struct CallingHabit {
  std::size_t connections = 1;
  double per_second = 1;  // calls of each
  std::chrono::seconds deadline = BusConnection::usual_limit;
};

// Programs that ask the agent for its state and wait for each answer.
void call_honestly(const CallingHabit& habit, const Population::Life& life);

// Calls until a call is answered: then the agent has read all that was sent to it before. False: not within `most`.
bool wait_for_an_answer(std::chrono::seconds most);

// In their tallies a connection that ended counts as lost.
enum class BusHostility {
  flood,  // many calls at once
  mute,   // never reads an answer
  huge,   // messages of megabytes
  hasty   // a new connection for each call, and gone before the answer
};

void misbehave_on_bus(BusHostility how, std::size_t connections, const Population::Life& life);

}  // namespace edgeseal::bench
