#include "dbus/activation.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "dbus/compat.h"

namespace edgeseal::dbus {
namespace {

// The bus gives up earlier, and says why.
constexpr std::chrono::minutes kAnswer{3};

}  // namespace

Activation::Activation(sdbus::IConnection& connection, std::string name, Failed failed)
    : name_(std::move(name)),
      failed_(std::move(failed)),
      bus_(sdbus::createProxy(connection, compat::ServiceName("org.freedesktop.DBus"),
                              sdbus::ObjectPath("/org/freedesktop/DBus"))) {}

void Activation::request() {
  if (under_way_) return;
  bus_->callMethodAsync("StartServiceByName")
      .onInterface("org.freedesktop.DBus")
      .withTimeout(kAnswer)
      .withArguments(name_, std::uint32_t{0})
      .uponReplyInvoke([this](compat::AsyncError error, std::uint32_t /*started*/) {
        under_way_ = false;
        if (error) failed_(error->getMessage());
      });
  under_way_ = true;
}

}  // namespace edgeseal::dbus
