#pragma once

#include <map>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/configuration_port.h"
#include "dbus/generated/org.edgeseal.Configuration1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Configuration1 of /org/edgeseal.
class ConfigurationObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Configuration1_adaptor> {
 public:
  ConfigurationObject(sdbus::IConnection& connection, ConfigurationPort& configuration, Guard& guard);
  ~ConfigurationObject() { unregisterAdaptor(); }

 private:
  using Changes = std::vector<std::map<std::string, std::string>>;

  void Plan(sdbus::Result<Changes>&& result, VariantMap options) override;
  void Apply(sdbus::Result<Changes>&& result, VariantMap options) override;

  ConfigurationPort& configuration_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
