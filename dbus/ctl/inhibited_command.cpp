#include "dbus/ctl/inhibited_command.h"

#include <algorithm>

namespace edgeseal::ctl {
namespace {

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && word != "--";
}

}  // namespace

std::vector<std::string> take_inhibited_command(std::vector<std::string>& arguments) {
  auto at = std::ranges::find_if_not(arguments, is_option);
  if (at == arguments.end() || *at != "inhibit") return {};
  for (++at; at != arguments.end() && is_option(*at); ++at) {
    const bool value_follows = *at == "--who" || *at == "--why";
    if (value_follows && at + 1 != arguments.end()) ++at;
  }
  const auto begin = at;
  if (at != arguments.end() && *at == "--") ++at;
  std::vector<std::string> command(at, arguments.end());
  arguments.erase(begin, arguments.end());
  return command;
}

}  // namespace edgeseal::ctl
