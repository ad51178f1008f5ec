#pragma once

#include <string>

#include "dbus/ctl/secret_file.h"

namespace edgeseal::ctl {

// The content of a file but for one line end; "-" is the
// standard input. Throws Failure (Usage).
[[nodiscard]] SecretFile read_passphrase(const std::string& path);

// Asks on the terminal of the process, without echo. Throws Failure (Usage) where there is none, or where the user
// interrupts.
[[nodiscard]] SecretFile ask_passphrase(const std::string& what);

}  // namespace edgeseal::ctl
