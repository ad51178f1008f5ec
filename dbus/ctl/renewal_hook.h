#pragma once

#include <string>
#include <vector>

#include "dbus/ctl/attachment.h"

namespace edgeseal::ctl {

// A program and its arguments, as systemd can run them. Throws Failure (Usage) where the program isn't there or can't
// be run, and for arguments that fit into no line.
[[nodiscard]] std::vector<std::string> checked_hook(const std::vector<std::string>& hook);

// The service in which the hook of an attachment runs: an account of its own, which sees the certificate and the
// program, and no network. A drop-in gives it more.
[[nodiscard]] std::string hook_service(const Attachment& attachment);

}  // namespace edgeseal::ctl
