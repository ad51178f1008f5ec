#include "audit/segment.h"

#include <charconv>

#include "audit/error.h"

namespace edgeseal::audit {

namespace {

constexpr std::size_t digits = 20;  // of the largest number
constexpr std::string_view ending = ".jsonl";

}  // namespace

std::string segment_name(std::uint64_t first) {
  const std::string number = std::to_string(first);
  return std::string(digits - number.size(), '0').append(number).append(ending);
}

std::uint64_t first_of(std::string_view name) {
  std::uint64_t first = 0;
  if (name.size() != digits + ending.size() || !name.ends_with(ending)) return 0;
  const char* end = name.data() + digits;
  const auto [stop, problem] = std::from_chars(name.data(), end, first);
  return problem == std::errc() && stop == end && first < max_sequence ? first : 0;
}

Segment read_segment(const std::string& name, std::string_view content,
                     const std::function<Next(const Line& line, std::string_view bytes)>& use) {
  Segment segment;
  while (segment.size < content.size()) {
    const std::string_view rest = content.substr(segment.size);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      segment.torn = rest.size();
      break;
    }
    const std::string_view bytes = rest.substr(0, end);
    try {
      if (use(read_line(name, bytes), bytes) == Next::stop) break;
    } catch (const Error& error) {
      segment.fault = error.what();
      break;
    }
    segment.size += end + 1;
  }
  return segment;
}

}  // namespace edgeseal::audit
