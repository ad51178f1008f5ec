#pragma once

#include "tests/bench/soak/key_use.h"
#include "tests/bench/soak/population.h"

namespace edgeseal::bench {

struct SigningHabit {
  std::size_t connections = 1;        // each a program of its own
  double per_second = 1;              // requests of each
  std::chrono::seconds deadline{10};  // that of the provider where nobody sets timeout-ms
};

// Programs that keep to the protocol: one request at a time, asked again over a new connection where that one ended
// before the answer. Every request gets an outcome; a sample of the signatures is verified.
void sign_honestly(const KeyUse& key, const SigningHabit& habit, const Population::Life& life);

}  // namespace edgeseal::bench
