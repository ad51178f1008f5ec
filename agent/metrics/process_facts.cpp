#include "agent/metrics/process_facts.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

namespace edgeseal::agent {

namespace {

constexpr int start_time_field = 22;  // of proc(5) stat, counted from 1

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void read_memory(ProcessFacts& facts) {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  if (!(file >> size >> resident)) return;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  facts.virtual_bytes = size * page;
  facts.resident_bytes = resident * page;
}

// One of them is that of the directory itself.
std::optional<std::uint64_t> count_descriptors() {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;
}

// Ticks since the machine started. The second field, the name of the program, ends with the last bracket.
std::optional<double> start_since_boot() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line) || line.rfind(')') == std::string::npos) return std::nullopt;
  std::size_t at = line.rfind(')') + 2;
  for (int field = 3; field < start_time_field && at != std::string::npos + 1; ++field) at = line.find(' ', at) + 1;
  try {
    return std::stod(line.substr(at)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

ProcessFacts ProcessFacts::read() {
  ProcessFacts facts;
  read_memory(facts);
  facts.open_descriptors = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.most_descriptors = limit.rlim_cur;
  facts.processor_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  if (const auto start = start_since_boot())
    facts.started = std::round(seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + *start);
  return facts;
}

}  // namespace edgeseal::agent
