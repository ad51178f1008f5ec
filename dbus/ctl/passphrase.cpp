#include "dbus/ctl/passphrase.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ui.h>

#include <array>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostBytes = 1024;

bool has_terminal() {
  return sdbus::UnixFd(open("/dev/tty", O_RDWR | O_CLOEXEC), sdbus::adopt_fd).isValid();
}

}  // namespace

SecretFile read_passphrase(const std::string& path) {
  auto passphrase = SecretFile::read(path, kMostBytes + 2);
  passphrase.drop_line_end();
  if (passphrase.content().size() <= kMostBytes) return passphrase;
  throw Failure(ExitCode::Usage,
                "the passphrase in " + path + " is longer than " + std::to_string(kMostBytes) + " bytes");
}

SecretFile ask_passphrase(const std::string& what) {
  if (!has_terminal()) {
    throw Failure(ExitCode::Usage, what + " is encrypted, and there is no terminal to ask for the passphrase",
                  "give --passphrase-file FILE");
  }
  std::array<char, kMostBytes + 1> typed{};
  const std::string prompt = "Passphrase of " + printable(what) + ": ";
  const bool done = UI_UTIL_read_pw_string(typed.data(), static_cast<int>(typed.size()), prompt.c_str(), 0) == 0;
  if (!done) {
    OPENSSL_cleanse(typed.data(), typed.size());
    throw Failure(ExitCode::Usage, "no passphrase was given");
  }
  auto passphrase = SecretFile::of(typed.data());
  OPENSSL_cleanse(typed.data(), typed.size());
  return passphrase;
}

}  // namespace edgeseal::ctl
