#include "enroll/journal.h"

#include <fmt/format.h>
#include <unistd.h>

namespace edgeseal::enroll {

void log(Level level, const std::string& text) {
  const std::string line = fmt::format("<{}>{}\n", static_cast<int>(level), text);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());  // there is nobody to tell
}

void log(Level level, const std::string& job, const Error& error) {
  log(level, fmt::format("{}: {}: {}", job, name_of(error.error_class()), error.what()));
}

}  // namespace edgeseal::enroll
