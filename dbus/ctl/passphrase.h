#pragma once

#include <string>

#include "dbus/ctl/secret_file.h"

namespace edgeseal::ctl {

// The content of a file but for one line end; "-" is the standard input. Throws Failure (Usage).
[[nodiscard]] SecretFile read_passphrase(const std::string& path);

struct PassphraseQuestion {
  std::string prompt;  // what is wanted: "Passphrase of web.key"
  std::string option;  // that takes a file with it instead: "--passphrase-file"
};

// Asks on the terminal of the process, without echo. Throws Failure (Usage) where there is none, or where the user
// interrupts.
[[nodiscard]] SecretFile ask_passphrase(const PassphraseQuestion& question);

// The one of the file, or, where `path` is empty, asked for.
[[nodiscard]] SecretFile read_or_ask_passphrase(const std::string& path, const PassphraseQuestion& question);

}  // namespace edgeseal::ctl
