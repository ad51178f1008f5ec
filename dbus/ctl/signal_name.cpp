#include "dbus/ctl/signal_name.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

}  // namespace

std::string signal_name(const std::string& text) {
  std::string name = upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known == nullptr || name != known || number == SIGKILL || number == SIGSTOP) continue;
    return "SIG" + name;
  }
  throw Failure(ExitCode::Usage, "\"" + text + "\" is no signal that a program can handle",
                "give one by its name, like HUP or USR1");
}

}  // namespace edgeseal::ctl
