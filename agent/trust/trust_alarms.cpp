#include "agent/trust/trust_alarms.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/applications.h"
#include "agent/device/shared_ldevid.h"
#include "agent/error.h"
#include "agent/group_name.h"
#include "agent/renewal/certificate_validity.h"

namespace edgeseal::agent {

namespace {

// "Medium" and "high" (OPC 10000-9).
constexpr std::uint16_t medium = 500, high = 900;

// Whatever the clocks do meanwhile.
constexpr std::chrono::hours longest_pause{1};
constexpr std::chrono::milliseconds longest_frequency = std::chrono::years(100);

using Time = TrustAlarms::Time;

// 9999 is "no well-defined expiration date" (RFC 5280 section 4.1.2.5), and later than Time can say. No clock was
// before 1970.
Time end_of(ByteView certificate) {
  constexpr auto latest = std::chrono::floor<std::chrono::seconds>(Time::max());
  return std::clamp(validity_of(certificate).end, RenewalTime{}, latest);
}

// One that lies ahead is when there is something new to see.
void foresee(Time& next, Time due, Time now) {
  if (due > now) next = std::min(next, due);
}

const Alarm* find(const std::vector<Alarm>& alarms, const Alarm& like) {
  const auto found = std::ranges::find_if(
      alarms, [&](const Alarm& alarm) { return alarm.kind == like.kind && alarm.source == like.source; });
  return found == alarms.end() ? nullptr : &*found;
}

}  // namespace

TrustAlarms::TrustAlarms(EventLoop& loop, State& state, TrustLists& lists, const Audit& audit, const Settings& settings,
                         std::function<Time()> now, Changed changed, policy::UniqueFd clock_set)
    : loop_(loop),
      state_(state),
      lists_(lists),
      audit_(audit),
      settings_(settings),
      now_(std::move(now)),
      changed_(std::move(changed)),
      clock_watch_(loop, std::move(clock_set), [this] { look(); }) {
  timer_ = loop_.add_timer([this] { look(); });
}

void TrustAlarms::look() {
  const Time now = now_();
  look_again_at(Time::max(), now);  // whatever fails below
  Sight seen = sight(now);
  look_again_at(seen.next, now);
  const auto before = std::exchange(active_, std::move(seen.alarms));
  for (const auto& [group, alarms] : std::map(active_))
    for (const Alarm& alarm : alarms) {
      const auto known = before.find(group);
      const Alarm* same = known == before.end() ? nullptr : find(known->second, alarm);
      if (same == nullptr || same->severity != alarm.severity) tell(group, alarm);
    }
  for (const auto& [group, alarms] : before)
    for (Alarm alarm : alarms) {
      const auto still = active_.find(group);
      if (still != active_.end() && find(still->second, alarm) != nullptr) continue;
      alarm.severity = 0;
      tell(group, alarm);
    }
}

std::map<std::string, std::size_t> TrustAlarms::count() const {
  std::map<std::string, std::size_t> by_kind;
  for (const auto& [group, alarms] : active_)
    for (const Alarm& alarm : alarms) ++by_kind[alarm.kind];
  return by_kind;
}

std::vector<Alarm> TrustAlarms::active(const dbus::GroupName& group) const {
  const auto found = active_.find(group);
  return found == active_.end() ? std::vector<Alarm>{} : found->second;
}

TrustAlarms::Sight TrustAlarms::sight(Time now) {
  Sight sight;
  for (const ApplicationRecord& application : state_.applications()) {
    for (const SlotDeclaration& slot : application.slots)
      look_at_certificate({application.name, slot.group, slot.certificate_type}, now, sight);
    for (const std::string& group : group_names(application)) look_at_list({application.name, group}, now, sight);
  }
  return sight;
}

void TrustAlarms::look_at_certificate(const Slot& slot, Time now, Sight& sight) {
  auto& alarms = sight.alarms[{slot.application, slot.group}];
  try {
    const auto record = certificate_of(state_, slot);
    if (!record) return;
    const Time end = end_of(record->certificate), begin = end - settings_.expiration_limit;
    foresee(sight.next, begin, now);
    foresee(sight.next, end, now);
    if (now >= end)
      alarms.push_back({"certificate-expiration", slot.certificate_type, high,
                        fmt::format("the certificate of {} has expired", slot.key_name())});
    else if (now >= begin)
      alarms.push_back({"certificate-expiration", slot.certificate_type, medium,
                        fmt::format("the certificate of {} expires in {} hours", slot.key_name(),
                                    std::chrono::ceil<std::chrono::hours>(end - now).count())});
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed && damage.code() != Code::certificate_invalid) throw;
    alarms.push_back({"certificate-integrity", slot.certificate_type, high, damage.what()});
  }
}

void TrustAlarms::look_at_list(const dbus::GroupName& group, Time now, Sight& sight) {
  auto& alarms = sight.alarms[group];
  try {
    if (!lists_.intact(group))
      alarms.push_back(
          {"trust-list-integrity", "", high,
           fmt::format("the trust list of {} was damaged: the one before it is in use, or none", name_of(group))});
    const TrustListRecord& record = lists_.record(group);
    if (record.update_frequency <= std::chrono::milliseconds(0)) return;
    const Time due = record.last_update + std::min(record.update_frequency, longest_frequency);
    foresee(sight.next, due, now);
    if (now >= due)
      alarms.push_back({std::string(out_of_date_alarm), "", medium,
                        fmt::format("the trust list of {} was to be updated", name_of(group))});
  } catch (const Error& unavailable) {
    if (unavailable.code() != Code::tpm_unavailable) throw;
  }
}

void TrustAlarms::tell(const dbus::GroupName& group, const Alarm& alarm) {
  audit_.record(alarm.severity == 0 ? Level::notice : Level::warning, "alarm",
                alarm.severity == 0 ? fmt::format("no longer: {}", alarm.message) : alarm.message,
                {{"application", group.application},
                 {"group", group.group},
                 {"alarm", alarm.kind},
                 {"source", alarm.source},
                 {"severity", std::to_string(alarm.severity)}});
  if (changed_) changed_(group, alarm);
}

void TrustAlarms::look_again_at(Time next, Time now) {
  const auto pause = next == Time::max() || next - now > longest_pause ? longest_pause : next - now;
  timer_.set_time(loop_.now() + std::chrono::ceil<EventLoop::Time>(pause));
}

}  // namespace edgeseal::agent
