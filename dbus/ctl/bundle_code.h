#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dbus/ctl/secret_file.h"

namespace edgeseal::ctl {

// Of a file, or asked for. Throws Failure (Usage) for one that is mistyped.
[[nodiscard]] SecretFile read_code(const std::string& path);
// Throws that. What was typed wrong costs no try.
void require_well_typed(std::string_view code);

// How long a guess takes, on standard error, where that is short.
void warn_of_short_code(std::string_view code, std::uint32_t iterations);
[[nodiscard]] std::string guess_of(std::string_view code, std::uint32_t iterations);

}  // namespace edgeseal::ctl
