#pragma once

#include <vector>

#include "enroll/cmp/polling.h"

namespace edgeseal::test {

// Time that passes at once.
class FakeTimer final : public enroll::cmp::Timer {
 public:
  std::chrono::steady_clock::time_point now() override { return now_; }
  void wait(std::chrono::seconds duration, const std::stop_token&) override {
    now_ += duration;
    waits.push_back(duration);
  }

  std::vector<std::chrono::seconds> waits;

 private:
  std::chrono::steady_clock::time_point now_{};
};

}  // namespace edgeseal::test
