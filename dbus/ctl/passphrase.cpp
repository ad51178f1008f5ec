#include "dbus/ctl/passphrase.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostBytes = 1024;
constexpr std::array kEndingSignals{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

volatile sig_atomic_t interrupted_by = 0;

// While one lives, a signal that would end the process interrupts the reading; it is raised again afterwards, so that
// the process ends with the terminal as it was.
class DeferredSignals {
 public:
  DeferredSignals() {
    interrupted_by = 0;
    struct sigaction note {};
    note.sa_handler = [](int signal) { interrupted_by = signal; };
    for (size_t i = 0; i < kEndingSignals.size(); ++i) sigaction(kEndingSignals[i], &note, &before_[i]);
  }
  ~DeferredSignals() {
    for (size_t i = 0; i < kEndingSignals.size(); ++i) sigaction(kEndingSignals[i], &before_[i], nullptr);
    if (interrupted_by != 0) raise(interrupted_by);
  }
  DeferredSignals(const DeferredSignals&) = delete;
  DeferredSignals& operator=(const DeferredSignals&) = delete;

 private:
  std::array<struct sigaction, kEndingSignals.size()> before_{};
};

// The terminal of the process, without echo as long as one lives; what was typed before is not taken for an answer.
class QuietTerminal {
 public:
  explicit QuietTerminal(int terminal) : terminal_(terminal) {
    if (tcgetattr(terminal_, &before_) != 0) throw Failure(ExitCode::Usage, "the terminal can't be controlled");
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~QuietTerminal() {
    tcsetattr(terminal_, TCSAFLUSH, &before_);
    write("\n");
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

  void write(const std::string& text) const {
    if (::write(terminal_, text.data(), text.size()) < 0) return;  // who sees no prompt still may answer it
  }

 private:
  int terminal_;
  termios before_{};
};

}  // namespace

SecretFile read_passphrase(const std::string& path) {
  return SecretFile::read_line(path, kMostBytes);
}

SecretFile ask_passphrase(const PassphraseQuestion& question) {
  const sdbus::UnixFd terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), sdbus::adopt_fd);
  if (!terminal.isValid()) {
    throw Failure(ExitCode::Usage, question.prompt + " is needed, and there is no terminal to ask for it",
                  "give " + question.option + " FILE");
  }
  const DeferredSignals signals;
  const QuietTerminal quiet(terminal.get());
  quiet.write(printable(question.prompt) + ": ");
  auto typed = SecretFile::read_line(terminal.get(), kMostBytes);
  if (!typed) throw Failure(ExitCode::Usage, question.prompt + " was not given");
  return std::move(*typed);
}

SecretFile read_or_ask_passphrase(const std::string& path, const PassphraseQuestion& question) {
  return path.empty() ? ask_passphrase(question) : read_passphrase(path);
}

}  // namespace edgeseal::ctl
