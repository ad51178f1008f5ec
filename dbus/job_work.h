#pragma once

#include "dbus/enrolment_port.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// As Job1.Take tells it; what is empty is left out.
[[nodiscard]] VariantMap to_map(const JobWork& work);

}  // namespace edgeseal::dbus
