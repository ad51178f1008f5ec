#include "dbus/ctl/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array kUnits = {Unit{'w', 604800}, Unit{'d', 86400}, Unit{'h', 3600}, Unit{'m', 60}, Unit{'s', 1}};
constexpr std::int64_t kMost = 100'000;  // of any unit: the sum stays a number of seconds

}  // namespace

std::chrono::seconds parse_duration(const std::string& text, const std::string& what) {
  std::int64_t number = -1;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const auto* unit = std::ranges::find(kUnits, rest == end ? '\0' : *rest, &Unit::letter);
  if (error == std::errc() && rest + 1 == end && unit != kUnits.end() && number >= 0 && number <= kMost) {
    return std::chrono::seconds(number * unit->seconds);
  }
  throw Failure(ExitCode::Usage, what + " \"" + text + "\" is no duration",
                "write a whole number and s, m, h, d or w, such as 30d");
}

std::string duration_text(std::chrono::seconds duration) {
  const auto* unit =
      std::ranges::find_if(kUnits, [&](const Unit& candidate) { return duration.count() % candidate.seconds == 0; });
  return std::to_string(duration.count() / unit->seconds) + unit->letter;
}

}  // namespace edgeseal::ctl
