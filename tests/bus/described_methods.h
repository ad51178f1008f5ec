#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/privileges.h"

namespace edgeseal::test {

// An object of the service.
[[nodiscard]] std::unique_ptr<sdbus::IProxy> proxy_of(sdbus::IConnection& connection, const std::string& path);

// A method as an object of the service describes it (org.freedesktop.DBus.Introspectable), and as its XML declares it.
struct DescribedMethod {
  std::string path, interface, name;
  std::string arguments;  // signature
  dbus::DeclaredMethod declared;
};

// Those of the interfaces of the project.
[[nodiscard]] std::vector<DescribedMethod> described_methods(sdbus::IConnection& connection,
                                                             const std::vector<std::string>& paths);

// The root, the device, a job, and the objects of an application with the group https, in this order.
[[nodiscard]] std::vector<std::string> objects_of(const std::string& application);

// One that isn't sent yet.
[[nodiscard]] sdbus::MethodCall new_call(sdbus::IProxy& proxy, const DescribedMethod& method);
// Empty texts and lists, zeros; the descriptor of an empty memory file; `options` for an a{sv}.
void append_defaults(sdbus::MethodCall& call, const std::string& signature,
                     const std::map<std::string, sdbus::Variant>& options = {});

// Calls it with the arguments that `append` appends; error and message as error_of() tells them.
[[nodiscard]] std::string error_of_call(sdbus::IConnection& connection, const DescribedMethod& method,
                                        const std::function<void(sdbus::MethodCall&)>& append,
                                        std::string* message = nullptr);

// Calls it with defaults; the name of the error as error_of() tells it.
[[nodiscard]] std::string error_of_defaults(sdbus::IConnection& connection, const DescribedMethod& method,
                                            const std::map<std::string, sdbus::Variant>& options = {});

}  // namespace edgeseal::test
