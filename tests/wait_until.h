#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace edgeseal::test {

// For what another thread or process does, and nobody tells. Throws std::runtime_error after two minutes, which says
// what was waited for.
template <class Done>
void wait_until(const std::string& what, Done done) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("waited two minutes in vain for " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace edgeseal::test
