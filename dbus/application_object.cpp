#include "dbus/application_object.h"

#include <utility>

#include "dbus/bounds.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kRuleBytes{1, 256};

}  // namespace

ApplicationObject::ApplicationObject(sdbus::IConnection& connection, const Ports& ports, Guard& guard,
                                     ApplicationInfo info)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(application_path(info.name))),
      agent_(ports.agent),
      guard_(guard),
      info_(std::move(info)),
      server_configuration_(connection, ports, guard, info_.name, order_) {
  for (const auto& group : info_.groups) {
    const GroupName name{info_.name, group};
    groups_.emplace(group, std::make_unique<GroupObject>(connection, ports, guard, name, order_));
    trust_lists_.emplace(group, std::make_unique<TrustListObject>(connection, ports.trust_lists, guard, name));
  }
  registerAdaptor();
}

ApplicationObject::~ApplicationObject() {
  order_->close();
  unregisterAdaptor();
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
             [&agent = agent_, name = info_.name, rule = std::move(rule)](const Caller& caller) {
               check_size("rule", rule.size(), kRuleBytes);
               return agent.add_access_rule(caller, name, rule);
             });
}

void ApplicationObject::RemoveAccessRule(sdbus::Result<bool>&& result, std::string rule) {
  guard_.run("org.edgeseal.Application1.RemoveAccessRule", getObject(), "", std::move(result),
             [&agent = agent_, name = info_.name, rule = std::move(rule)](const Caller& caller) {
               check_size("rule", rule.size(), kRuleBytes);
               return agent.remove_access_rule(caller, name, rule);
             });
}

void ApplicationObject::access_changed(std::vector<std::string> access) {
  info_.access = std::move(access);
  getObject().emitPropertiesChangedSignal(org::edgeseal::Application1_adaptor::INTERFACE_NAME);
}

void ApplicationObject::group_changed(const std::string& group) {
  if (const auto found = groups_.find(group); found != groups_.end()) found->second->changed();
  server_configuration_.changed();  // HasSecureElement
}

TrustListObject* ApplicationObject::trust_list(const std::string& group) {
  const auto found = trust_lists_.find(group);
  return found == trust_lists_.end() ? nullptr : found->second.get();
}

}  // namespace edgeseal::dbus
