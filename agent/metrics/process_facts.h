#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace edgeseal::agent {

// This process, as the kernel has it (proc(5)). What can't be read is nothing.
struct ProcessFacts {
  std::optional<std::uint64_t> resident_bytes, virtual_bytes, open_descriptors, most_descriptors;
  std::optional<double> processor_seconds;
  std::optional<double> started;  // whole seconds since 1970 UTC, by the clock of now: it changes where that is set

  [[nodiscard]] static ProcessFacts read();
};

}  // namespace edgeseal::agent
