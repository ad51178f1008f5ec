#include "enroll/printable.h"

namespace edgeseal::enroll {

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool visible = c > ' ' && c <= '~';
    if (!visible && (result.empty() || result.back() == ' ')) continue;
    if (result.size() >= max_quoted_text) return result + "...";
    result += visible ? c : ' ';
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}  // namespace edgeseal::enroll
