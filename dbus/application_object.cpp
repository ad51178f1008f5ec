#include "dbus/application_object.h"

#include <utility>

#include "dbus/bounds.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kRuleBytes{1, 256};

}  // namespace

ApplicationObject::ApplicationObject(sdbus::IConnection& connection, AgentPort& agent, CertificateGroupPort& groups,
                                     Guard& guard, ApplicationInfo info)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(application_path(info.name))),
      agent_(agent),
      guard_(guard),
      info_(std::move(info)) {
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

void ApplicationObject::AddAccessRule(sdbus::Result<bool>&& result, std::string rule) {
  guard_.run("org.edgeseal.Application1.AddAccessRule", getObject(), "", std::move(result),
             [&agent = agent_, name = info_.name, rule = std::move(rule)](const Caller& caller, const auto& reply) {
               check_size("rule", rule.size(), kRuleBytes);
               reply->succeed(agent.add_access_rule(caller, name, rule));
             });
}

void ApplicationObject::RemoveAccessRule(sdbus::Result<bool>&& result, std::string rule) {
  guard_.run("org.edgeseal.Application1.RemoveAccessRule", getObject(), "", std::move(result),
             [&agent = agent_, name = info_.name, rule = std::move(rule)](const Caller& caller, const auto& reply) {
               check_size("rule", rule.size(), kRuleBytes);
               reply->succeed(agent.remove_access_rule(caller, name, rule));
             });
}

void ApplicationObject::access_changed(std::vector<std::string> access) {
  info_.access = std::move(access);
  getObject().emitPropertiesChangedSignal(org::edgeseal::Application1_adaptor::INTERFACE_NAME);
}

void ApplicationObject::group_changed(const std::string& group) {
  if (const auto found = groups_.find(group); found != groups_.end()) found->second->changed();
}

}  // namespace edgeseal::dbus
