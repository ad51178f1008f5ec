#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "tests/bus/private_bus.h"

namespace edgeseal::test {

// A network of this process alone, with nothing but loopback, and a real avahi-daemon on it and on a private bus. The
// name of the machine there is plant.local, its address 127.0.0.1. To be made before threads are; as root.
class AvahiNetwork {
 public:
  AvahiNetwork();
  ~AvahiNetwork();
  AvahiNetwork(const AvahiNetwork&) = delete;
  AvahiNetwork& operator=(const AvahiNetwork&) = delete;

  // Until withdraw(). Comes back when it is on the network.
  void announce(const std::string& name, const std::string& type, std::uint16_t port,
                const std::vector<std::string>& text = {});
  void withdraw();
  void stop();  // the daemon

 private:
  class PrivateNetwork {
   public:
    PrivateNetwork();
  };

  void start();
  [[nodiscard]] std::unique_ptr<sdbus::IProxy> proxy(const std::string& path) const;

  PrivateNetwork network_;
  PrivateBus bus_;
  pid_t daemon_ = -1;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::vector<std::unique_ptr<sdbus::IProxy>> groups_;
};

}  // namespace edgeseal::test
