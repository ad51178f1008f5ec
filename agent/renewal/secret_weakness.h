#pragma once

#include <string>

#include "agent/renewal/profile.h"

namespace edgeseal::agent {

// Why whoever runs the jobs of the profile would refuse the secret, at each try, and the remedy; empty: he takes it.
[[nodiscard]] std::string weakness_of(ByteView secret, const EnrolmentProfile& profile);

}  // namespace edgeseal::agent
