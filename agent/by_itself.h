#pragma once

#include <fmt/format.h>

#include <exception>
#include <string_view>

#include "agent/failure.h"

namespace edgeseal::agent {

// Runs a step on which no other depends: what it throws is logged, as "`what` failed: ...", and goes no further.
template <class Step>
void by_itself(std::string_view what, const Step& step) {
  try {
    step();
  } catch (const std::exception& error) {
    log_failure(Level::error, fmt::format("{} failed", what), error);
  }
}

}  // namespace edgeseal::agent
