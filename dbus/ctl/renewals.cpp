#include "dbus/ctl/renewals.h"

#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {

std::vector<Renewal> read_renewals(AgentConnection& agent) {
  std::vector<VariantMap> maps;
  agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { maps = enrolment.Renewals(); });
  std::vector<Renewal> renewals;
  for (const auto& map : maps)
    renewals.push_back({.slot = field<std::string>(map, "slot"),
                        .profile = field<std::string>(map, "profile"),
                        .needs = field<std::string>(map, "needs"),
                        .expires = field<std::uint64_t>(map, "expires"),
                        .due = field<std::uint64_t>(map, "due"),
                        .next_try = field<std::uint64_t>(map, "next-try"),
                        .failures = field<std::uint32_t>(map, "failures")});
  return renewals;
}

}  // namespace edgeseal::ctl
