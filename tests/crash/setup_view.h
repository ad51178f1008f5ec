#pragma once

#include "tests/crash/view.h"

namespace edgeseal::crash {

// Until the agent has heard of the TPM what its setup state, and the tries that are left, depend on.
void wait_for_setup(sdbus::IConnection& connection);

// What the device shows of setup, of a staged file and of a bundle: "setup State", "staged Group", "bundle Session" ...
void take_setup(sdbus::IConnection& connection, View& view);

// Operational, or until what made it so is confirmed or undone.
[[nodiscard]] bool is_configured(const View& view);

// A write that was lost may cost tries: `view` with those of `before` where it has fewer, and not those of `after`.
[[nodiscard]] View without_lost_tries(View view, const View& before, const View& after);

}  // namespace edgeseal::crash
