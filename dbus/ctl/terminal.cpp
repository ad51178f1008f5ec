#include "dbus/ctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace edgeseal::ctl {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::size_t columns(int descriptor) {
  winsize size{};
  if (isatty(descriptor) == 1 && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
  const long said = std::strtol(variable("COLUMNS").c_str(), nullptr, 10);
  return said > 0 ? static_cast<std::size_t>(said) : 80;
}

}  // namespace

std::size_t terminal_width(int descriptor) {
  return std::clamp<std::size_t>(columns(descriptor), 40, 400);
}

std::string cut_to_width(const std::string& text, std::size_t width) {
  std::size_t letters = 0, end = 0;  // end: where the last that fits before ".." ends
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool goes_on = (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
    if (goes_on) continue;
    if (letters + 2 == width) end = i;
    ++letters;
  }
  return letters <= width ? text : text.substr(0, end) + "..";
}

bool shows_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = variable(name);
    if (locale.empty()) continue;
    std::ranges::transform(locale, locale.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
    return locale.find("UTF-8") != std::string::npos || locale.find("UTF8") != std::string::npos;
  }
  return false;
}

}  // namespace edgeseal::ctl
