#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbus/compat.h"

namespace edgeseal::ctl {

// A service as systemd knows it.
struct ServiceFacts {
  std::string name;     // its own, where it was asked for by an alias
  std::string account;  // User=, empty: root
  std::vector<std::string> environment;
  std::vector<std::string> environment_files;  // patterns of their paths; they override `environment`
  std::vector<std::string> unset_environment;  // what both lose again
  bool dynamic_user = false;                   // its account is made when it starts, where there is none
  bool unix_sockets = true;                    // RestrictAddressFamilies= leaves them
  bool only_unix_sockets = false;              // and nothing else
};

// What systemd says of a unit at this moment.
struct UnitState {
  std::string load;                // "loaded", "not-found", "masked" ...
  std::string file;                // "enabled", "disabled", "static" ...; empty: it has none
  std::string active;              // "active", "inactive", "failed" ...
  std::string sub;                 // "running", "dead", "listening" ...
  std::string result;              // of a service that has ended: "success", "exit-code" ...
  std::string status;              // what a service says of itself
  std::uint32_t main_process = 0;  // of a service, 0: it has none
  std::string type{};              // of a service: "simple", "oneshot" ...
};

// systemd on the system bus, connected at first use. Every failure is a Failure with exit code and remedy.
class ServiceManager {
 public:
  // Throws Failure (Usage) for a unit that isn't there.
  [[nodiscard]] ServiceFacts describe(const std::string& service);

  // Of one that isn't there, too.
  [[nodiscard]] UnitState state(const std::string& unit);

  // systemctl daemon-reload
  void reload();
  // Wait until it is done. To stop what isn't there is no failure.
  void start(const std::string& unit);
  void stop(const std::string& unit);
  void restart(const std::string& unit);
  // Waits for the job of a unit, as that of a reload, where it has one; however it ends.
  void wait_for_job(const std::string& unit);

 private:
  using Use = std::function<void(sdbus::IConnection&)>;
  void guarded(const std::string& what, const Use& use);
  void run_job(const std::string& verb, const std::string& method, const std::string& unit);

  std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace edgeseal::ctl
