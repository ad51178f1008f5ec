#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "agent/metrics/duration_histogram.h"

namespace edgeseal::agent {

// What the agent asks of the TPM. The first two use a key and are one command each, once the key is loaded.
enum class TpmOperation { sign, rsa_private, seal, unseal, create_key, other };

// How long the TPM takes for each, and how often it refuses. Written by the thread that owns the TPM, read by the loop.
class CommandTimes {
 public:
  static constexpr std::array<std::string_view, 6> names{"sign",   "rsa-private", "seal",
                                                         "unseal", "create-key",  "other"};

  struct Times {
    DurationHistogram taken;
    std::atomic<std::uint64_t> failures = 0;
  };

  [[nodiscard]] Times& of(TpmOperation operation) { return times_[static_cast<std::size_t>(operation)]; }
  [[nodiscard]] const Times& of(TpmOperation operation) const { return times_[static_cast<std::size_t>(operation)]; }

 private:
  std::array<Times, names.size()> times_;
};

}  // namespace edgeseal::agent
