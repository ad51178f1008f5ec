#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/access_rule.h"
#include "policy/error.h"

using edgeseal::policy::AccessRule;
using edgeseal::policy::Caller;
using edgeseal::policy::Error;

// Whatever the text is: it is refused by the one exception, or the rule has a condition, so that it lets not everybody
// in.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::array rules{AccessRule::parse(std::string_view(reinterpret_cast<const char*>(data), size))};
    if (permits(rules, Caller{})) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
