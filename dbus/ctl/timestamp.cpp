#include "dbus/ctl/timestamp.h"

#include <array>
#include <ctime>

namespace edgeseal::ctl {

std::string timestamp_text(std::uint64_t microseconds) {
  if (microseconds == 0) return "-";
  const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  std::tm fields{};
  if (gmtime_r(&seconds, &fields) == nullptr) return "?";
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields)};
}

nlohmann::json time_json(std::uint64_t microseconds) {
  return time_json(microseconds == 0 ? "" : timestamp_text(microseconds));
}

nlohmann::json time_json(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

}  // namespace edgeseal::ctl
