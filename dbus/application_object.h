#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbus/answer_order.h"
#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Application1_adaptor.h"
#include "dbus/group_object.h"
#include "dbus/guard.h"
#include "dbus/server_configuration_object.h"
#include "dbus/service_ports.h"
#include "dbus/trust_list_object.h"

namespace edgeseal::dbus {

// /org/edgeseal/application/NAME and the groups below it.
class ApplicationObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Application1_adaptor> {
 public:
  ApplicationObject(sdbus::IConnection& connection, const Ports& ports, Guard& guard, ApplicationInfo info);
  ~ApplicationObject();

  // InterfacesAdded and InterfacesRemoved of the application and its groups.
  void announce();
  void withdraw();
  void access_changed(std::vector<std::string> access);
  void group_changed(const std::string& group);
  [[nodiscard]] ServerConfigurationObject& server_configuration() { return server_configuration_; }
  [[nodiscard]] TrustListObject* trust_list(const std::string& group);  // null: there is no such group

 private:
  void AddAccessRule(sdbus::Result<bool>&& result, std::string rule) override;
  void RemoveAccessRule(sdbus::Result<bool>&& result, std::string rule) override;
  std::string Name() override { return info_.name; }
  std::string ApplicationUri() override { return info_.application_uri; }
  std::string Account() override { return info_.account; }
  std::vector<std::string> Access() override { return info_.access; }
  std::vector<std::string> Legacy() override { return info_.legacy; }
  std::vector<std::string> Groups() override { return info_.groups; }
  std::vector<std::string> Exports() override { return info_.exports; }
  std::string Origin() override { return info_.origin; }

  AgentPort& agent_;
  Guard& guard_;
  ApplicationInfo info_;
  std::shared_ptr<AnswerOrder> order_ = std::make_shared<AnswerOrder>();
  ServerConfigurationObject server_configuration_;
  std::map<std::string, std::unique_ptr<GroupObject>> groups_;
  std::map<std::string, std::unique_ptr<TrustListObject>> trust_lists_;
};

}  // namespace edgeseal::dbus
