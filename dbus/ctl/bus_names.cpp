#include "dbus/ctl/bus_names.h"

#include <algorithm>

#include "dbus/compat.h"

namespace edgeseal::ctl {
namespace {

std::unique_ptr<sdbus::IProxy> proxy_of(sdbus::IConnection& connection, const char* name, const char* path) {
  return sdbus::createProxy(connection, dbus::compat::ServiceName(name), sdbus::ObjectPath(path));
}

}  // namespace

bool is_on_bus(const std::string& name) {
  bool is_there = false;
  const auto connection = sdbus::createSystemBusConnection();
  proxy_of(*connection, "org.freedesktop.DBus", "/org/freedesktop/DBus")
      ->callMethod("NameHasOwner")
      .onInterface("org.freedesktop.DBus")
      .withArguments(name)
      .storeResultsTo(is_there);
  return is_there;
}

std::vector<std::string> installed_services() {
  std::vector<sdbus::Struct<std::string, std::string>> files;  // path, state
  const auto connection = sdbus::createSystemBusConnection();
  proxy_of(*connection, "org.freedesktop.systemd1", "/org/freedesktop/systemd1")
      ->callMethod("ListUnitFilesByPatterns")
      .onInterface("org.freedesktop.systemd1.Manager")
      .withArguments(std::vector<std::string>{}, std::vector<std::string>{"*.service"})
      .storeResultsTo(files);
  std::vector<std::string> names;
  for (const auto& file : files) {
    const std::string& path = file.get<0>();
    if (!path.ends_with("@.service")) names.push_back(path.substr(path.rfind('/') + 1));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace edgeseal::ctl
