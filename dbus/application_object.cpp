#include "dbus/application_object.h"

#include <utility>

#include "dbus/object_path.h"

namespace edgeseal::dbus {

ApplicationObject::ApplicationObject(sdbus::IConnection& connection, CertificateGroupPort& groups, Guard& guard,
                                     ApplicationInfo info)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(application_path(info.name))), info_(std::move(info)) {
  for (const auto& group : info_.groups) {
    groups_.emplace(group, std::make_unique<GroupObject>(connection, groups, guard, GroupName{info_.name, group}));
  }
  registerAdaptor();
}

void ApplicationObject::announce() {
  getObject().emitInterfacesAddedSignal();
  for (const auto& [name, group] : groups_) group->announce();
}

void ApplicationObject::withdraw() {
  for (const auto& [name, group] : groups_) group->withdraw();
  getObject().emitInterfacesRemovedSignal();
}

void ApplicationObject::group_changed(const std::string& group) {
  if (const auto found = groups_.find(group); found != groups_.end()) found->second->changed();
}

}  // namespace edgeseal::dbus
