#pragma once

#include "tests/bench/soak/key_use.h"
#include "tests/bench/soak/population.h"

namespace edgeseal::bench {

// Programs that break the protocol of the key socket, or keep to its letter alone. In their tallies a
// connection that ended counts as lost, an answer that is neither a signature nor Busy as wrong.
enum class Hostility {
  silent,     // connects and says nothing
  garbage,    // records of any length without meaning
  half_open,  // half a request, no end to read from, or requests whose answers nobody reads
  flood       // 10 000 requests as fast as the socket takes them, then again over a new connection
};

void misbehave(const KeyUse& key, Hostility how, std::size_t connections, const Population::Life& life);

}  // namespace edgeseal::bench
