#include <cstdint>
#include <cstdlib>
#include <string>

#include "provider/key_uri.h"
#include "provider/wire/cursor.h"
#include "tests/fuzz/provider_program.h"

namespace {

using edgeseal::provider::KeyUri;

std::string percent_encoded(std::string_view text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) result += {'%', digits[static_cast<unsigned char>(c) >> 4], digits[c & 15]};
  return result;
}

}  // namespace

// What is taken names a key, and the same one when all of its name is percent-encoded; what is not is told why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string uri = "edgeseal:" + std::string(reinterpret_cast<const char*>(data), size);
  KeyUri taken;
  const bool good = taken.parse(uri);
  edgeseal::fuzz::require_reason(good);
  if (!good) return 0;
  if (!edgeseal::wire::is_key_name(taken.key_name())) std::abort();
  KeyUri again;
  if (!again.parse("edgeseal:" + percent_encoded(taken.key_name()))) std::abort();
  if (again.key_name() != taken.key_name()) std::abort();
  return 0;
}
