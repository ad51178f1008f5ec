#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dbus/compat.h"
#include "dbus/polkit_limits.h"

namespace edgeseal::dbus {

// org.freedesktop.PolicyKit1.Authority over plain D-Bus, without waiting.
class Polkit {
 public:
  enum class Verdict {
    Yes,
    No,
    Challenge,  // yes, if the user authenticates, which the call didn't allow to ask for
    Absent,     // no polkit on this device
    Silent,     // no answer in time, or an error
  };
  using Answer = std::function<void(Verdict)>;  // must not throw

  Polkit(sdbus::IConnection& connection, PolkitLimits limits);

  void check(const std::string& bus_name, std::string_view action, bool interactive, Answer answer);

 private:
  PolkitLimits limits_;
  std::unique_ptr<sdbus::IProxy> authority_;
};

}  // namespace edgeseal::dbus
