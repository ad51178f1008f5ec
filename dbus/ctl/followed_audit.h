#pragma once

#include <functional>

namespace edgeseal::ctl {

// Runs `look` at once and whenever the audit log has a new entry, until the program is ended. Never activates the
// agent by itself. Throws Failure where the bus is gone.
[[noreturn]] void follow_audit(const std::function<void()>& look);

}  // namespace edgeseal::ctl
