#pragma once

#include <map>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.TrustDirectories1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/trust_ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// TrustDirectories1 of /org/edgeseal.
class TrustDirectoriesObject final : public sdbus::AdaptorInterfaces<org::edgeseal::TrustDirectories1_adaptor> {
 public:
  TrustDirectoriesObject(sdbus::IConnection& connection, TrustDirectoryPort& directories, Guard& guard);
  ~TrustDirectoriesObject() { unregisterAdaptor(); }

  void changed();

 private:
  using Findings = std::vector<std::map<std::string, std::string>>;

  void Audit(sdbus::Result<Findings>&& result, std::string path) override;
  void PlanAdoption(sdbus::Result<VariantMap>&& result, std::string path, std::string application, std::string group,
                    VariantMap options) override;
  void Adopt(sdbus::Result<>&& result, std::string path, std::string application, std::string group,
             VariantMap options) override;
  void Release(sdbus::Result<>&& result, std::string path) override;
  std::vector<VariantMap> Adopted() override;

  TrustDirectoryPort& directories_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
