#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/applications.h"
#include "agent/device/device_names.h"

namespace edgeseal::agent {

// The device as an application, made when it is first needed. Its groups: `application`, the DefaultApplicationGroup of
// the DCA; `identity`, the keys and certificates of the device identity; `provisioning`, a trust list alone.
class DeviceApplication {
 public:
  struct Settings {
    std::string product_instance_uri;  // becomes the ApplicationUri (OPC 10000-21 §6.3); empty: not configured
    std::string account;               // of the DCA
    std::vector<std::string> access;   // policy::AccessRule texts: what else belongs to the DCA

    bool operator==(const Settings&) const = default;
  };

  // Told where it was not there before.
  using Made = std::function<void(const ApplicationRecord&)>;

  DeviceApplication(Applications& applications, Settings settings, Made made = {})
      : applications_(applications), settings_(std::move(settings)), made_(std::move(made)) {}

  // At the start of the agent: what is there follows the configuration, and where that speaks of the device it is made.
  void follow_configuration();
  [[nodiscard]] const std::string& configured_uri() const { return settings_.product_instance_uri; }
  // Made, or changed to what the configuration says; keys, certificates and trust lists stay. The reference lives until
  // the next call. Throws Error{entry_exists} where an earlier version let somebody else take the name, and what
  // Applications::declare() throws.
  const ApplicationRecord& ensure();
  // The same with a ProductInstanceUri that was given at manufacture. Throws Error{invalid_argument} where another one
  // is configured.
  const ApplicationRecord& ensure(const std::string& product_instance_uri);

 private:
  [[nodiscard]] ApplicationRecord wanted(const std::string& uri) const;
  [[nodiscard]] bool exists() const;  // throws Error{entry_exists} as ensure() does

  Applications& applications_;
  const Settings settings_;
  const Made made_;
  ApplicationRecord record_;
};

}  // namespace edgeseal::agent
