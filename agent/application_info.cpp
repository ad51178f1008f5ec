#include "agent/application_info.h"

#include "agent/applications.h"
#include "agent/device/device_names.h"

namespace edgeseal::agent {

dbus::ApplicationInfo application_info(const ApplicationRecord& record) {
  dbus::ApplicationInfo info{record.name, record.application_uri, record.account, record.access, record.legacy,
                             {},          record.origin};
  info.groups = group_names(record);
  std::erase(info.groups, identity_group);
  info.server_capabilities = record.server_capabilities;
  info.exports = record.exports;
  return info;
}

}  // namespace edgeseal::agent
