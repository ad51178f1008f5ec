// What the agent says of itself and of its TPM.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dbus/ctl/doctor/check.h"
#include "dbus/ctl/doctor/description.h"

namespace edgeseal::ctl {
namespace {

constexpr const char* kAgent = "edgeseald.service";

std::string unit_text(const Known<UnitState>& unit) {
  if (!unit) return unit.why_not;
  std::string text = fmt::format("systemd says: {}, {} ({})", unit->load, unit->active, unit->sub);
  if (!unit->result.empty() && unit->result != "success") text += ", result " + unit->result;
  if (!unit->status.empty()) text += "; " + unit->status;
  return text;
}

// Refusals of whoever asks, or of how many do, which say nothing of the agent itself.
constexpr std::array<std::string_view, 5> kRefusals{"UserAccessDenied", "AccessDenied", "LimitsExceeded",
                                                    "ServerTooBusy", "TooManyOperations"};

Findings agent_answers(const Facts& facts) {
  const auto& asked = facts.description;
  if (asked) return {};
  if (std::ranges::find(kRefusals, asked.kind) != kRefusals.end())
    return {{Verdict::NotSeen, asked.why_not, asked.remedy}};
  const auto unit = facts.units.find(kAgent);
  return {{Verdict::Failure, asked.why_not + (unit == facts.units.end() ? "" : "; " + unit_text(unit->second)),
           asked.remedy.empty() ? "journalctl -u edgeseald.service -b says why" : asked.remedy}};
}

Findings agent_is_installed_version(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  const auto running = text_of(*facts.description, "version");
  if (running == facts.installed_version) return {};
  return {{Verdict::Warning,
           fmt::format("the agent that runs is {}, installed is {}", running, facts.installed_version),
           "systemctl restart edgeseald.service"}};
}

// What each state wants of somebody who stands before the device.
std::string tpm_fix(const std::string& health) {
  if (health == "absent") return "ls -l /dev/tpmrm0; edgeseal.toml: [tpm] tcti";
  if (health == "replaced") return "see recovery.md of the package edgeseal-doc, \"TPM replaced or cleared\"";
  if (health == "locked-out") return "wait, or as the owner of the TPM: tpm2_dictionarylockout --clear-lockout";
  return "journalctl -u edgeseald.service -b; edgesealctl status";
}

Findings tpm_is_ready(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  const auto tpm = member_of(*facts.description, "tpm");
  const auto health = text_of(tpm, "health");
  if (health == "ready") return {};
  const bool serves = health == "slow" || health == "busy";
  const auto detail = text_of(tpm, "detail");
  return {
      {serves ? Verdict::Warning : Verdict::Failure, health + (detail.empty() ? "" : ": " + detail), tpm_fix(health)}};
}

Findings tpm_encrypts_responses(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  const auto said = text_of(member_of(member_of(*facts.description, "tpm"), "facts"), "response-encryption");
  if (said == "yes") return {};
  if (said.empty()) return {{Verdict::NotSeen, "the TPM has not been opened yet", ""}};
  return {{Verdict::Warning,
           "what the TPM answers is not encrypted on the bus: this libtss2 gets it wrong (requests are encrypted)",
           "install a libtss2-esys without the fault; threat-model.md of the package edgeseal-doc says what it means"}};
}

Findings disk_is_known_to_tpm(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  const auto anchor = member_of(*facts.description, "anchor");
  const auto finding = text_of(anchor, "finding");
  if (finding == "consistent") return {};
  if (finding == "unchecked") return {{Verdict::NotSeen, "the TPM has not been asked yet", ""}};
  const bool refuses = finding == "wiped" || finding == "forged";
  return {{refuses ? Verdict::Failure : Verdict::Warning, finding + ": " + text_of(anchor, "detail"),
           "see recovery.md of the package edgeseal-doc, \"The first look\""}};
}

Findings setup_is_over(const Facts& facts) {
  if (!facts.description) return not_seen(facts.description);
  const auto setup = member_of(*facts.description, "setup");
  const auto state = text_of(setup, "state");
  if (state == "operational") return {};
  return {
      {state == "locked-out" ? Verdict::Failure : Verdict::Warning, state + ": " + text_of(setup, "reason"),
       "edgesealctl setup status says what opens it; edgesealctl stage and edgesealctl bundle bring the first trust"}};
}

constexpr std::chrono::seconds kClockTolerance{60};

Findings clock_is_right(const Facts& facts) {
  Findings found;
  const auto known = sample_of(facts, "edgeseal_clock_timestamp_seconds");
  const double behind =
      known ? *known - std::chrono::duration<double>(facts.now.time_since_epoch()).count() : 0;  // any number, or none
  if (behind > kClockTolerance.count())
    found.push_back({Verdict::Failure,
                     fmt::format("the clock is {:.0f} s behind a time that this device has known already", behind),
                     "timedatectl set-ntp true, or set it: timedatectl set-time"});
  if (!facts.clock_synchronised)
    found.push_back({Verdict::Warning, "no time server has set the clock since the machine started",
                     "timedatectl set-ntp true; which server: /etc/systemd/timesyncd.conf, NTP="});
  return found;
}

Findings audit_log_is_whole(const Facts& facts) {
  if (!facts.audit) return not_seen(facts.audit);
  constexpr const char* look = "edgesealctl audit verify";
  constexpr const char* mend_disk =
      "free space on that file system, or see journalctl -k; then: edgesealctl audit verify";
  if (!facts.audit->read_problem.empty()) return {{Verdict::Failure, facts.audit->read_problem, mend_disk}};
  Findings found;
  if (!facts.audit->intact) found.push_back({Verdict::Failure, facts.audit->problem, look});
  if (!facts.audit->write_problem.empty())
    found.push_back({Verdict::Failure, "new entries cannot be written: " + facts.audit->write_problem, mend_disk});
  if (facts.audit->lost > 0)
    found.push_back({Verdict::Warning, fmt::format("{} entries could not be written", facts.audit->lost), look});
  if (facts.audit->anchor == "missing")
    found.push_back({Verdict::Warning, "when the agent started, nothing sealed said how far the log went", look});
  return found;
}

constexpr std::array kChecks = {
    Check{"agent", "The agent answers", agent_answers},
    Check{"agent-version", "The agent is the one that is installed", agent_is_installed_version},
    Check{"tpm", "The TPM is ready", tpm_is_ready},
    Check{"tpm-encryption", "What the TPM answers is encrypted on its bus", tpm_encrypts_responses},
    Check{"disk-anchor", "The TPM knows this disk", disk_is_known_to_tpm},
    Check{"setup", "Setup is over", setup_is_over},
    Check{"audit-log", "The audit log is whole and can be written", audit_log_is_whole},
    Check{"clock", "The clock is right", clock_is_right}};

}  // namespace

std::span<const Check> agent_checks() {
  return kChecks;
}

}  // namespace edgeseal::ctl
