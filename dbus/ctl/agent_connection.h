#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbus/client.h"

namespace edgeseal::ctl {

struct Group {
  std::string name;
  std::vector<std::string> certificate_types;
  std::string directory;
  bool transaction_pending = false;
};

struct Application {
  std::string name;
  std::string uri;
  std::string account;
  std::vector<std::string> access;
  std::vector<std::string> legacy;
  std::string origin;
  std::vector<Group> groups;
};

// The agent on the system bus, connected at first use. Every failure is a Failure with exit code and remedy.
class AgentConnection {
 public:
  // Runs `use` with the proxy of the agent, of an application, or of a group.
  void with_agent(const std::function<void(dbus::RemoteAgent&)>& use);
  void with_application(const std::string& name, const std::function<void(dbus::RemoteApplication&)>& use);
  void with_group(const std::string& application, const std::string& group,
                  const std::function<void(dbus::RemoteGroup&)>& use);

  [[nodiscard]] nlohmann::json describe();
  [[nodiscard]] std::vector<Application> applications();  // by name
  [[nodiscard]] Application application(const std::string& name);

 private:
  void guarded(const std::function<void(sdbus::IConnection&)>& use);

  std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace edgeseal::ctl
