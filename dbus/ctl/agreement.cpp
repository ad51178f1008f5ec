#include "dbus/ctl/agreement.h"

#include <unistd.h>

#include <iostream>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

bool agrees(const std::string& question) {
  std::cerr << printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

}  // namespace

void Agreement::require(const std::string& question) const {
  if (yes) return;
  if (isatty(STDIN_FILENO) != 1) throw Failure(ExitCode::Usage, "nothing was changed", "give --yes to do it unasked");
  if (!agrees(question)) throw Failure(ExitCode::Refused, "nothing was changed");
}

void add_agreement(CLI::App& command, Agreement& agreement) {
  command.add_flag("--yes", agreement.yes, "Don't ask");
}

}  // namespace edgeseal::ctl
