#pragma once

#include <string>
#include <string_view>

namespace edgeseal::ctl {

// The full name of a service that can run, as systemd.unit(5) has it: "nginx" means nginx.service, as for systemctl(1).
// Throws Failure (Usage) for other kinds of units, templates without an instance, and what is no name at all.
[[nodiscard]] std::string service_name(const std::string& text);

// Without ".service".
[[nodiscard]] std::string_view stem_of(std::string_view service);

// A word of a command line or an assignment in a unit file: quoted, with systemd's own escapes.
[[nodiscard]] std::string quoted_word(std::string_view text);

// An absolute path in plain characters, which no unit file needs quotes for; without a "/" at its end. Throws Failure
// (Usage) that names `option`.
[[nodiscard]] std::string plain_path(const std::string& text, std::string_view option);

}  // namespace edgeseal::ctl
