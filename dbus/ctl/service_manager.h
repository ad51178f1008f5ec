#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// A service as systemd knows it.
struct ServiceFacts {
  std::string name;     // its own, where it was asked for by an alias
  std::string account;  // User=, empty: root
  std::vector<std::string> environment;
  bool unix_sockets = true;  // RestrictAddressFamilies= leaves them
};

// systemd on the system bus, connected at first use. Every failure is a Failure with exit code and remedy.
class ServiceManager {
 public:
  // Throws Failure (Usage) for a unit that isn't there.
  [[nodiscard]] ServiceFacts describe(const std::string& service);

  // systemctl daemon-reload
  void reload();
  // Wait until it is done. To stop what isn't there is no failure.
  void start(const std::string& unit);
  void stop(const std::string& unit);
  // Waits for the job of a unit, as that of a reload, where it has one; however it ends.
  void wait_for_job(const std::string& unit);

 private:
  using Use = std::function<void(sdbus::IConnection&)>;
  void guarded(const std::string& what, const Use& use);
  void run_job(const std::string& method, const std::string& unit);

  std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace edgeseal::ctl
