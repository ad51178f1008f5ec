#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbus/compat.h"

namespace edgeseal::dbus {

// What the bus daemon took from the kernel when the caller connected; it stays the same as long as the unique name
// lives.
struct Credentials {
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = -1;
  std::vector<gid_t> groups;  // empty where the bus daemon doesn't tell (before dbus 1.13)
};

// Asks the bus daemon without waiting, once per unique name.
class CredentialCache {
 public:
  using Answer = std::function<void(const std::optional<Credentials>&)>;  // none: the caller is gone

  explicit CredentialCache(sdbus::IConnection& connection);

  // The answer comes at once where the name is known already. `answer` must not throw. Throws sdbus::Error where the
  // bus can't be asked; there is no answer then.
  void ask(const std::string& bus_name, Answer answer);
  // nullptr: not asked for yet.
  [[nodiscard]] const Credentials* find(const std::string& bus_name) const;
  // It left the bus; who still waits for an answer about it gets none.
  void forget(const std::string& bus_name);

 private:
  void answered(const std::string& bus_name, const std::optional<Credentials>& credentials);

  std::map<std::string, Credentials> known_;
  std::map<std::string, std::vector<Answer>> waiting_;  // by name
  std::unique_ptr<sdbus::IProxy> bus_daemon_;
};

}  // namespace edgeseal::dbus
