#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <variant>

#include "agent/answer.h"
#include "agent/event_loop.h"

namespace edgeseal::test {

// An event loop in the test's own thread.
struct LoopFixture {
  // Runs the loop until `done` holds; a test that never gets there fails.
  void run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit)
        throw std::runtime_error("the loop waited two minutes for something that did not come");
      loop.run_once(std::chrono::milliseconds(100));
    }
  }

  // The outcome of something that answers later.
  template <class Result>
  std::variant<Result, agent::Error> outcome(const std::function<void(agent::Answer<Result>)>& start) {
    std::optional<std::variant<Result, agent::Error>> result;
    start([&result](std::variant<Result, agent::Error> answer) { result = std::move(answer); });
    run_until([&] { return result.has_value(); });
    return *std::move(result);
  }

  template <class Result>
  Result value(const std::function<void(agent::Answer<Result>)>& start) {
    auto result = outcome<Result>(start);
    if (const auto* error = std::get_if<agent::Error>(&result)) throw *error;
    return std::get<Result>(std::move(result));
  }

  agent::EventLoop loop;
};

}  // namespace edgeseal::test
