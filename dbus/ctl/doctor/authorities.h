#pragma once

#include "dbus/ctl/doctor/check.h"

namespace edgeseal::ctl {

// Of each profile with an authority elsewhere: what its jobs met, and what the contact that was wanted for this found.
[[nodiscard]] Findings authorities_are_reached(const Facts& facts);

}  // namespace edgeseal::ctl
