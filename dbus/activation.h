#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dbus/compat.h"

namespace edgeseal::dbus {

// Has the bus start the owner of a name where there is none, without waiting (StartServiceByName).
class Activation {
 public:
  using Failed = std::function<void(const std::string& problem)>;  // must not throw

  Activation(sdbus::IConnection& connection, std::string name, Failed failed);

  // Without effect while an earlier request is under way: whoever comes serves this one, too.
  void request();

 private:
  const std::string name_;
  const Failed failed_;
  bool under_way_ = false;
  std::unique_ptr<sdbus::IProxy> bus_;
};

}  // namespace edgeseal::dbus
