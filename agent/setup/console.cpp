#include "agent/setup/console.h"

#include <systemd/sd-login.h>

#include <cstdlib>
#include <memory>

namespace edgeseal::agent {

namespace {

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
};
using Text = std::unique_ptr<char, Free>;

bool has_terminal(const char* session) {
  char* text = nullptr;
  if (sd_session_get_tty(session, &text) >= 0) return Text(text) != nullptr;
  return sd_session_get_seat(session, &text) >= 0 && Text(text) != nullptr;
}

}  // namespace

bool is_at_console(pid_t process) {
  char* text = nullptr;
  if (process <= 0 || sd_pid_get_session(process, &text) < 0) return false;
  const Text session(text);
  return sd_session_is_remote(session.get()) == 0 && has_terminal(session.get());
}

}  // namespace edgeseal::agent
