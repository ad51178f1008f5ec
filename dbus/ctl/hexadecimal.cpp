#include "dbus/ctl/hexadecimal.h"

#include <fmt/format.h>

#include <charconv>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {

std::string to_hex(const std::vector<uint8_t>& bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::vector<uint8_t> from_hex(const std::string& text, const std::string& what) {
  std::vector<uint8_t> bytes;
  for (size_t at = 0; at + 2 <= text.size(); at += 2) {
    const char* end = text.data() + at + 2;
    if (std::from_chars(text.data() + at, end, bytes.emplace_back(), 16).ptr != end) break;
  }
  if (bytes.size() * 2 == text.size() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos) {
    return bytes;
  }
  throw Failure(ExitCode::Usage, what + " is no hexadecimal number of whole bytes");
}

}  // namespace edgeseal::ctl
