#include "dbus/ctl/bundle_code.h"

#include <fmt/format.h>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/output.h"
#include "dbus/ctl/passphrase.h"
#include "jose/bundle/code.h"

namespace edgeseal::ctl {

SecretFile read_code(const std::string& path) {
  SecretFile code = read_or_ask_passphrase(path, {.prompt = "Code of the bundle", .option = "--code-file"});
  require_well_typed(code.content());
  return code;
}

void require_well_typed(std::string_view code) {
  if (jose::is_mistyped(code))
    throw Failure(ExitCode::Usage, "the code is mistyped: its check character does not fit", "type it again");
}

std::string guess_of(std::string_view code, std::uint32_t iterations) {
  const double bits = jose::code_bits(code);
  return fmt::format(
      "the code has {:.0f} bits at most: whoever has a copy of the bundle finds it in {} on one graphics "
      "card",
      bits, jose::describe_duration(jose::seconds_to_guess(bits, iterations)));
}

void warn_of_short_code(std::string_view code, std::uint32_t iterations) {
  if (jose::code_bits(code) < jose::min_code_bits) warn(guess_of(code, iterations));
}

}  // namespace edgeseal::ctl
