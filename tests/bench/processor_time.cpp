#include "tests/bench/processor_time.h"

#include <fmt/format.h>
#include <time.h>

#include <fstream>
#include <system_error>

namespace edgeseal::bench {

std::chrono::nanoseconds processor_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  const int error = ::clock_getcpuclockid(process, &clock);
  if (error != 0) throw std::system_error(error, std::generic_category(), fmt::format("process {}", process));
  if (::clock_gettime(clock, &used) != 0)
    throw std::system_error(errno, std::generic_category(), fmt::format("process {}", process));
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::chrono::nanoseconds processor_time_with_children(pid_t process) {
  auto used = processor_time(process);
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process));
  for (pid_t child = 0; children >> child;) used += processor_time_with_children(child);
  return used;
}

}  // namespace edgeseal::bench
