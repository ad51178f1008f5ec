#include "dbus/object_path.h"

#include <systemd/sd-bus.h>

#include <cstdlib>
#include <memory>

namespace edgeseal::dbus {
namespace {

std::string encode(const std::string& prefix, const std::string& name) {
  if (name.empty()) throw CallError("InvalidArgument", "a name is empty");
  char* path = nullptr;
  if (sd_bus_path_encode(prefix.c_str(), name.c_str(), &path) < 0) throw std::bad_alloc();
  const std::unique_ptr<char, decltype(&std::free)> owner(path, &std::free);
  return path;
}

}  // namespace

std::string application_path(const std::string& application) {
  return encode(std::string(kRootPath) + "/application", application);
}

std::string group_path(const GroupName& group) {
  return encode(application_path(group.application), group.group);
}

std::string job_path(std::uint64_t number) {
  return std::string(kRootPath) + "/job/" + std::to_string(number);
}

}  // namespace edgeseal::dbus
