#pragma once

#include <sys/types.h>

#include <chrono>

namespace edgeseal::bench {

// What a process has used of the processors until now, all of its threads together. Throws std::system_error where
// there is no such process.
[[nodiscard]] std::chrono::nanoseconds processor_time(pid_t process);

// The same with the processes that it has forked and that are still there.
[[nodiscard]] std::chrono::nanoseconds processor_time_with_children(pid_t process);

}  // namespace edgeseal::bench
