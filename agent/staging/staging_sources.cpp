#include <fmt/format.h>

#include "agent/bus_time.h"
#include "agent/group_name.h"
#include "agent/staging/staging.h"

// The part of Staging that says what is to be fetched, from where, and whom to believe there.
namespace edgeseal::agent {

// Right after a start nobody knows yet whether setup is open, and with it whom to trust and where to go.
std::vector<std::string> Staging::to_fetch() const {
  std::vector<std::string> urls;
  if (!settings_.fetch_urls || !is_staged() || !services_.setup.knows_disk()) return urls;
  for (const StagedEntry& entry : set_->entries)
    if (entry.certificate.empty()) urls.push_back(entry.url);
  return urls;
}

// The rules are those of now: setup may have been left since the file came.
dbus::JobWork Staging::source_of(const std::string& url) {
  (void)wanted(url);
  require_allowed(url, url_rules());
  const TrustList list = services_.lists.record(set_->group).list;
  const bool by_system = may_use_system_anchors();
  if (has_tls(url) && list.trusted_certificates.empty() && !by_system)
    throw Error(Code::invalid_state,
                fmt::format("nobody is known who could vouch for its server: {} trusts nobody yet; remedy: the "
                            "certificate inline in the file, system-anchors in [staging] while setup is open, or a "
                            "program of your own that calls DeliverDownload",
                            name_of(set_->group)));
  dbus::JobWork work;
  work.url = url;
  work.trust = by_system ? "implicit" : "explicit";
  work.anchors = list.trusted_certificates;
  work.issuers = list.issuer_certificates;
  work.crls = list.trusted_crls;
  const TimeOfDay now = world_.now();
  work.time = microseconds_of(now.time);
  work.clock_doubtful = !now.synchronised;
  return work;
}

}  // namespace edgeseal::agent
