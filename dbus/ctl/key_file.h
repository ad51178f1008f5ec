#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dbus/ctl/secret_file.h"

namespace edgeseal::ctl {

// A private key in a file, as the command line names it.
struct KeyFile {
  std::string path;
  std::string format;
  std::string passphrase_file;
  std::string protection;
};

// --passphrase-file, --protection and the option that names the format.
void add_key_options(CLI::App& command, KeyFile& file, const std::string& format_option);

// The key and its passphrase, ready to be sent.
struct OpenedKey {
  SecretFile key;
  std::optional<SecretFile> passphrase;
};

// Asks for the passphrase where one is needed and none was named. Throws Failure (Usage).
[[nodiscard]] OpenedKey open_key(const KeyFile& file);

// PEM that says so, PKCS#12, or an encrypted PKCS#8.
[[nodiscard]] bool is_encrypted(std::string_view encoded);

}  // namespace edgeseal::ctl
