// Certificates, who renews them, and what is published of them.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "dbus/ctl/doctor/authorities.h"
#include "dbus/ctl/doctor/check.h"
#include "dbus/ctl/doctor/description.h"
#include "dbus/ctl/timeline.h"

namespace edgeseal::ctl {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::chrono::hours kSoon{14 * 24};  // as the alarm of the agent by default
constexpr const char* kByHand = "edgesealctl csr, then edgesealctl certificate install; or a profile: edgeseal.toml(5)";

Findings ends_of(const std::vector<Lifetime>& lifetimes, Day now) {
  Findings found;
  for (const auto& one : lifetimes) {
    const auto left = one.end - now;
    const auto fix = one.due ? "edgesealctl renew " + one.slot : kByHand;
    if (left <= 0s)
      found.push_back({Verdict::Failure, one.slot + ": the certificate has ended", fix});
    else if (left < kSoon && (!one.due || !one.needs.empty()))
      found.push_back(
          {Verdict::Warning,
           fmt::format("{}: the certificate ends in {} h, and does not renew by itself", one.slot, left / 1h), fix});
  }
  return found;
}

// The device itself has slots for whatever comes to it: one that nobody has made a key for lacks nothing.
bool is_unused(const Facts& facts, const DescribedSlot& slot) {
  const bool is_built_in = text_of(application_of(facts, slot.name.application), "origin") == "built-in";
  return is_built_in && !slot.active && !slot.pending;
}

// By slot: what is wrong with its certificate, which is described as none.
std::map<std::string, std::string> damaged_certificates(const Json& description) {
  std::map<std::string, std::string> damaged;
  for (const auto& alarm : described_alarms(description))
    if (alarm.kind == "certificate-integrity") damaged[alarm.group + "/" + alarm.certificate_type] = alarm.message;
  return damaged;
}

Findings certificates_last(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  const std::vector<Renewal> renewals = facts.renewals.value.value_or(std::vector<Renewal>{});
  const auto slots = described_slots(*facts.description);
  const auto damaged = damaged_certificates(*facts.description);
  Findings found = ends_of(lifetimes_of(slots, renewals), facts.now);
  for (const auto& slot : slots) {
    const auto name = slot.name.text();
    const auto damage = damaged.find(name);
    const auto renewal = std::ranges::find(renewals, name, &Renewal::slot);
    const auto fix = renewal != renewals.end() ? "edgesealctl enroll " + renewal->profile : kByHand;
    if (damage != damaged.end())
      found.push_back({Verdict::Failure, name + ": " + damage->second, fix});
    else if (slot.certificate_until.empty() && (renewal != renewals.end() || !is_unused(facts, slot)))
      found.push_back({Verdict::Warning, name + ": there is no certificate", fix});
  }
  return found;
}

Findings renewals_go_on(const Facts& facts) {
  if (!facts.renewals) return not_seen(facts.renewals);
  Findings found;
  for (const auto& renewal : *facts.renewals) {
    if (!renewal.needs.empty())
      found.push_back({Verdict::Failure, renewal.slot + " waits for somebody: " + renewal.needs,
                       "edgesealctl job list; edgesealctl renew"});
    else if (renewal.failures != 0)
      found.push_back(
          {Verdict::Warning,
           fmt::format("{}: {} tries in a row have failed; it is tried again", renewal.slot, renewal.failures),
           "edgesealctl job list shows the reason"});
  }
  return found;
}

Findings profiles_are_right(const Facts& facts) {
  if (!facts.profiles) return not_seen(facts.profiles);
  Findings found;
  for (const auto& profile : *facts.profiles)
    if (!profile.problem.empty())
      found.push_back({Verdict::Failure, "profile " + profile.name + " does nothing: " + profile.problem,
                       "mend its file in /etc/edgeseal/enrolment.d, then edgesealctl config apply"});
  return found;
}

Findings trust_is_good(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  Findings found;
  for_each_group(facts, [&](const std::string& name, const Json& group) {
    if (member_of(member_of(group, "trust-list"), "intact") == false)
      found.push_back({Verdict::Failure, name + ": the trust list was changed on the disk; the one before it is used",
                       "edgesealctl trust show " + name + ", then write it anew: edgesealctl trust write"});
  });
  for (const auto& alarm : described_alarms(*facts.description))
    if (alarm.kind.starts_with("trust-list-"))
      found.push_back({Verdict::Warning, alarm.group + ": " + alarm.message, "edgesealctl trust show " + alarm.group});
  return found;
}

// Below a directory that the agent publishes itself; else it was adopted.
bool is_published(const Facts& facts, const std::string& path) {
  bool below = false;
  for_each_group(facts, [&](const std::string&, const Json& group) {
    const auto directory = text_of(group, "directory");
    below = below || path == directory || path.starts_with(directory + "/") || directory.starts_with(path + "/");
  });
  return below;
}

enum class Whose { Published, Adopted };

Findings drift_of(const Facts& facts, Whose whose) {
  if (!facts.description) return not_seen(facts.description);
  Findings found;
  for (const auto& drift : member_of(*facts.description, "directory-drift")) {
    const auto path = text_of(drift, "path");
    if (is_published(facts, path) != (whose == Whose::Published)) continue;
    const auto remedy = text_of(drift, "remedy");
    found.push_back({whose == Whose::Published ? Verdict::Failure : Verdict::Warning,
                     fmt::format("{}: {}, wanted: {} ({})", path, text_of(drift, "found"), text_of(drift, "wanted"),
                                 text_of(drift, "action")),
                     remedy.empty() ? "edgesealctl trust audit" : remedy});
  }
  return found;
}

Findings published_as_written(const Facts& facts) {
  return drift_of(facts, Whose::Published);
}

Findings adopted_as_wanted(const Facts& facts) {
  return drift_of(facts, Whose::Adopted);
}

constexpr std::array kChecks = {
    Check{"certificates", "Certificates are there and last", certificates_last},
    Check{"renewals", "Renewals go on by themselves", renewals_go_on},
    Check{"authorities", "Authorities answered when they were asked last", authorities_are_reached},
    Check{"profiles", "Enrolment profiles are right", profiles_are_right},
    Check{"trust", "Trust lists are intact and up to date", trust_is_good},
    Check{"drift", "Published directories are as the agent wrote them", published_as_written},
    Check{"adopted", "Adopted directories are as they have to be", adopted_as_wanted}};

}  // namespace

std::span<const Check> certificate_checks() {
  return kChecks;
}

}  // namespace edgeseal::ctl
