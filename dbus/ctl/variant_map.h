#pragma once

#include "dbus/variant_map.h"

namespace edgeseal::ctl {

using dbus::field;
using dbus::put;
using dbus::VariantMap;

}  // namespace edgeseal::ctl
