#pragma once

#include <string>

#include "dbus/ports.h"

namespace edgeseal::agent {

// "web/https", for people; seals and records name groups so, too.
[[nodiscard]] inline std::string name_of(const dbus::GroupName& group) {
  return group.application + "/" + group.group;
}

}  // namespace edgeseal::agent
