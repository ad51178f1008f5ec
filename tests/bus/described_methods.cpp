#include "tests/bus/described_methods.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "dbus/compat.h"
#include "dbus/object_path.h"
#include "tests/bus/bus_client.h"
#include "tests/bus/memory_file.h"
#include "tests/bus/signature.h"

namespace edgeseal::test {

std::unique_ptr<sdbus::IProxy> proxy_of(sdbus::IConnection& connection, const std::string& path) {
  return sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(path));
}

namespace {

std::string introspect(sdbus::IConnection& connection, const std::string& path) {
  std::string xml;
  proxy_of(connection, path)
      ->callMethod("Introspect")
      .onInterface("org.freedesktop.DBus.Introspectable")
      .storeResultsTo(xml);
  return xml;
}

// sd-bus writes one tag to a line.
std::string attribute(const std::string& tag, const std::string& name) {
  const std::string key = " " + name + "=\"";
  const size_t begin = tag.find(key);
  if (begin == std::string::npos) return "";
  return tag.substr(begin + key.size(), tag.find('"', begin + key.size()) - begin - key.size());
}

dbus::DeclaredMethod declaration(const std::string& member) {
  const auto found = std::ranges::find(dbus::kDeclaredMethods, member, &dbus::DeclaredMethod::member);
  if (found == std::end(dbus::kDeclaredMethods)) throw std::logic_error(member + " is declared nowhere");
  return *found;
}

void append_default(sd_bus_message* message, char type) {
  switch (type) {
    case 's': sd_bus_message_append(message, "s", ""); return;
    case 'h': sd_bus_message_append(message, "h", memory_file("").get()); return;
    default: {
      const uint64_t zero = 0;
      sd_bus_message_append_basic(message, type, &zero);
    }
  }
}

}  // namespace

std::vector<DescribedMethod> described_methods(sdbus::IConnection& connection, const std::vector<std::string>& paths) {
  std::vector<DescribedMethod> methods;
  for (const auto& path : paths) {
    std::istringstream xml(introspect(connection, path));
    std::string interface;
    for (std::string tag; std::getline(xml, tag);) {
      if (tag.find("<interface ") != std::string::npos) interface = attribute(tag, "name");
      if (!interface.starts_with("org.edgeseal.")) continue;
      if (tag.find("<method ") != std::string::npos) {
        const std::string name = attribute(tag, "name");
        methods.push_back({path, interface, name, "", declaration(interface + "." + name)});
      }
      if (tag.find("<arg ") != std::string::npos && attribute(tag, "direction") == "in") {
        methods.back().arguments += attribute(tag, "type");
      }
    }
  }
  return methods;
}

std::vector<std::string> objects_of(const std::string& application) {
  return {dbus::kRootPath, dbus::kDevicePath, dbus::job_path(1), dbus::application_path(application),
          dbus::group_path({application, "https"})};
}

sdbus::MethodCall new_call(sdbus::IProxy& proxy, const DescribedMethod& method) {
  return proxy.createMethodCall(dbus::compat::InterfaceName(method.interface), dbus::compat::MethodName(method.name));
}

void append_defaults(sdbus::MethodCall& call, const std::string& signature,
                     const std::map<std::string, sdbus::Variant>& options) {
  sd_bus_message* message = dbus::compat::raw(call);
  for (std::string_view rest = signature; !rest.empty();) {
    const std::string type = take_type(rest);
    if (type == "a{sv}") {
      call << options;
    } else if (type.front() != 'a') {
      append_default(message, type.front());
    } else {
      sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, type.substr(1).c_str());
      sd_bus_message_close_container(message);
    }
  }
}

std::string error_of_call(sdbus::IConnection& connection, const DescribedMethod& method,
                          const std::function<void(sdbus::MethodCall&)>& append, std::string* message) {
  const auto proxy = proxy_of(connection, method.path);
  auto call = new_call(*proxy, method);
  append(call);
  return error_of([&] { proxy->callMethod(call); }, message);
}

std::string error_of_defaults(sdbus::IConnection& connection, const DescribedMethod& method,
                              const std::map<std::string, sdbus::Variant>& options) {
  return error_of_call(connection, method, [&](auto& call) { append_defaults(call, method.arguments, options); });
}

}  // namespace edgeseal::test
