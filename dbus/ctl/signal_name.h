#pragma once

#include <string>

namespace edgeseal::ctl {

// "SIGUSR1" of "USR1", "sigusr1" or "SIGUSR1". Throws Failure (Usage) for what is no signal, and for those that no
// process can handle.
[[nodiscard]] std::string signal_name(const std::string& text);

}  // namespace edgeseal::ctl
