#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbus/compat.h"

namespace edgeseal::test {

// systemd on the private bus, with the services that it was told of.
class FakeSystemd {
 public:
  struct Service {
    std::string id = {};  // empty: the name that it is asked for by
    std::string load_state = "loaded";
    std::string account = {};
    std::vector<std::string> environment = {}, environment_files = {}, unset_environment = {};
    bool families_are_allowed = false;  // else they are denied
    std::vector<std::string> families = {};
    std::string file_state = {};
    std::string active_state = "active", sub_state = "running", result = "success", status_text = {};
    std::uint32_t main_process = 0;
    std::string type = "simple";
    bool dynamic_user = false;
  };

  explicit FakeSystemd(const std::map<std::string, Service>& services);
  ~FakeSystemd();
  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;

  // "Reload", "StartUnit x.path", ... in their order, and forgets them.
  [[nodiscard]] std::vector<std::string> take_calls();
  // How jobs end from now on.
  void end_jobs_with(const std::string& result);
  // Every service is being reloaded when it is asked next; `ending` runs before that ends.
  void reload_once(std::function<void()> ending);

 private:
  class Manager;
  class Unit;

  std::unique_ptr<sdbus::IConnection> connection_;
  std::vector<std::unique_ptr<Unit>> units_;
  std::unique_ptr<Manager> manager_;
};

}  // namespace edgeseal::test
