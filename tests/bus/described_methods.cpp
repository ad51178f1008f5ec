#include "tests/bus/described_methods.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "dbus/compat.h"
#include "dbus/object_path.h"
#include "tests/bus/bus_client.h"
#include "tests/bus/memory_file.h"

namespace edgeseal::test {
namespace {

std::unique_ptr<sdbus::IProxy> proxy_of(sdbus::IConnection& connection, const std::string& path) {
  return sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(path));
}

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

// The type of the elements of the array that begins at `at`, which goes to its last character.
std::string element_type(const std::string& signature, size_t& at) {
  const size_t begin = at + 1;
  int open = 0;
  do {
    const char type = signature.at(++at);
    if (type == '{' || type == '(') ++open;
    if (type == '}' || type == ')') --open;
  } while (open > 0 || signature[at] == 'a');
  return signature.substr(begin, at + 1 - begin);
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
  return {dbus::kRootPath, dbus::application_path(application), dbus::group_path({application, "https"})};
}

sdbus::MethodCall new_call(sdbus::IProxy& proxy, const DescribedMethod& method) {
  return proxy.createMethodCall(dbus::compat::InterfaceName(method.interface), dbus::compat::MethodName(method.name));
}

void append_defaults(sdbus::MethodCall& call, const std::string& signature,
                     const std::map<std::string, sdbus::Variant>& options) {
  sd_bus_message* message = dbus::compat::raw(call);
  for (size_t at = 0; at < signature.size(); ++at) {
    if (signature[at] != 'a') {
      append_default(message, signature[at]);
      continue;
    }
    const std::string elements = element_type(signature, at);
    if (elements == "{sv}") {
      call << options;
      continue;
    }
    sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, elements.c_str());
    sd_bus_message_close_container(message);
  }
}

std::string error_of_defaults(sdbus::IConnection& connection, const DescribedMethod& method,
                              const std::map<std::string, sdbus::Variant>& options) {
  const auto proxy = proxy_of(connection, method.path);
  auto call = new_call(*proxy, method);
  append_defaults(call, method.arguments, options);
  return error_of([&] { proxy->callMethod(call); });
}

}  // namespace edgeseal::test
