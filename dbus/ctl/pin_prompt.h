#pragma once

#include "dbus/ctl/secret_file.h"

namespace edgeseal::ctl {

// Asks through systemd-ask-password(1): whoever answers its questions, the console, Plymouth or
// systemd-tty-ask-password-agent(1). Throws Failure (CommandNotRun) where nobody did in time.
[[nodiscard]] SecretFile ask_password_agents();

}  // namespace edgeseal::ctl
