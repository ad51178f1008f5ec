#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::policy {

// Who asks for the use of a key: from SO_PEERCRED and the systemd unit of that process.
struct Caller {
  uid_t uid = static_cast<uid_t>(-1);
  std::vector<gid_t> groups;  // primary and supplementary
  std::string unit;           // "nginx.service", empty where none is known
};

// One line of the list of who may use a key: "user=www-data", "unit=nginx.service", "group=tls,unit=nginx.service".
// Every condition of a rule must hold; one rule that holds is enough; an empty list means nobody.
struct AccessRule {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::string unit;

  // Throws Error (path = the text) on an unknown word, an unknown account, or no condition at all.
  static AccessRule parse(std::string_view text);
};

// Root may use every key: it can become any account anyway. Everyone else needs a rule.
[[nodiscard]] bool permits(std::span<const AccessRule> rules, const Caller& caller);

// True when a rule of the list asks for the unit, which costs a look at the caller's cgroup.
[[nodiscard]] bool needs_unit(std::span<const AccessRule> rules);

}  // namespace edgeseal::policy
