#pragma once

#include <string>
#include <vector>

namespace edgeseal::ctl {

// Of the arguments of "edgesealctl inhibit": takes off the line of the command that is to run, which begins with the
// first word that is no option, or after "--". The parser would take options in it for its own. Empty for every other
// command of edgesealctl.
[[nodiscard]] std::vector<std::string> take_inhibited_command(std::vector<std::string>& arguments);

}  // namespace edgeseal::ctl
