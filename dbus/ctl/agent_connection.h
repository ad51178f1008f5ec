#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbus/client.h"
#include "dbus/compat.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {

struct TrustListState {
  std::uint64_t last_update = 0;                  // microseconds since 1970 UTC; 0: never
  std::chrono::milliseconds update_frequency{0};  // 0: no update is expected
  std::uint32_t validation_options = 0;           // TrustListValidationOptions
  bool writable = false;
  bool out_of_date = false;
  bool intact = true;
};

struct Group {
  std::string name;
  std::vector<std::string> certificate_types;
  std::string directory;
  bool transaction_pending = false;
  TrustListState trust_list;
};

struct Application {
  std::string name;
  std::string uri;
  std::string account;
  std::vector<std::string> access;
  std::vector<std::string> legacy;
  std::vector<std::string> exports;
  std::string origin;
  std::vector<Group> groups;
};

// The agent on the system bus, connected at first use. Every failure is a Failure with exit code and remedy.
class AgentConnection {
 public:
  // Of calls from now on; without, a user has the time to type a password, and a TPM to make an RSA key.
  void set_time_limit(std::chrono::seconds limit) { time_limit_ = limit; }

  // Runs `use` with the proxy of an object.
  void with_agent(const std::function<void(dbus::RemoteAgent&)>& use);
  void with_application(const std::string& name, const std::function<void(dbus::RemoteApplication&)>& use);
  void with_group(const std::string& application, const std::string& group,
                  const std::function<void(dbus::RemoteGroup&)>& use);
  void with_server_configuration(const std::string& application,
                                 const std::function<void(dbus::RemoteServerConfiguration&)>& use);
  void with_trust_list(const std::string& application, const std::string& group,
                       const std::function<void(dbus::RemoteTrustList&)>& use);
  void with_bundles(const std::function<void(dbus::RemoteBundle&)>& use);
  void with_audit(const std::function<void(dbus::RemoteAudit&)>& use);
  void with_busy(const std::function<void(dbus::RemoteBusy&)>& use);
  void with_staging(const std::function<void(dbus::RemoteStaging&)>& use);
  void with_directories(const std::function<void(dbus::RemoteTrustDirectories&)>& use);
  void with_configuration(const std::function<void(dbus::RemoteConfiguration&)>& use);
  void with_device(const std::function<void(dbus::RemoteDevice&)>& use);

  void with_metrics(const std::function<void(dbus::RemoteMetrics&)>& use);
  void with_enrolment(const std::function<void(dbus::RemoteEnrolment&)>& use);
  void with_job(std::uint64_t number, const std::function<void(dbus::RemoteJob&)>& use);

  // The properties of Job1: by number, which is the order in which they began.
  [[nodiscard]] std::map<std::uint64_t, VariantMap> jobs();
  [[nodiscard]] VariantMap job(std::uint64_t number);
  [[nodiscard]] nlohmann::json describe();
  [[nodiscard]] std::vector<Application> applications();  // by name
  [[nodiscard]] Application application(const std::string& name);

 private:
  void guarded(const std::function<void(sdbus::IConnection&)>& use);
  // `path_of`: may throw dbus::CallError for a name that can't be a path.
  template <class Remote>
  void with(const std::function<std::string()>& path_of, const std::function<void(Remote&)>& use);

  std::chrono::seconds time_limit_{180};
  std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace edgeseal::ctl
