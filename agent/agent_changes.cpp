// Who has to hear of what has changed.

#include <fmt/format.h>

#include <utility>

#include "agent/agent.h"
#include "agent/application_info.h"
#include "agent/by_itself.h"

namespace edgeseal::agent {
namespace {

constexpr std::uint32_t seconds_till_shutdown = 10;  // for the answers of the server to arrive
constexpr const char* telling = "telling of a change";

}  // namespace

void Agent::device_made(const ApplicationRecord& application) {
  if (bus_) bus_->application_added(application_info(application));
}

void Agent::identity_changed() {
  if (!bus_) return;
  bus_->identity_changed();
  bus_->onboarding_changed();
}

void Agent::audited(const std::string& kind, const Audit::Fields& fields) {
  audit_counts_.count(kind, fields);
  show_status_soon();
  if (bus_) bus_->audit_event(kind, fields);
  if (kind == "directory-drift" && bus_) bus_->directories_changed();
}

void Agent::anchor_changed() {
  setup_.refresh("what the TPM remembers", {});
  enrolment_.look();
}

// Who fails keeps nobody else from hearing of it, nor the caller from his answer.
void Agent::setup_changed() {
  by_itself(telling, [&] {
    if (setup_.state() == SetupState::operational && password_.exists()) password_.discard();
  });
  by_itself(telling, [&] {
    if (bus_) bus_->setup_state_changed();
  });
  show_status_soon();
  by_itself(telling, [&] { look_at_staging(); });
  by_itself(telling, [&] { bundles_.look(); });
  by_itself(telling, [&] { reconfiguration_.look(); });
}

// Until then nobody knows whether the stored lists are good. What one finds damaged keeps no other from its look.
void Agent::seal_opened() {
  const std::pair<const char*, std::function<void()>> looks[] = {
      {"the audit log", [this] { audit_log_.seal_opened(); }},
      {"enrolment", [this] { enrolment_.look(); }},
      {"onboarding", [this] { onboarding_.look(); }},
      {"staging", [this] { look_at_staging(); }},
      {"bundles", [this] { bundles_.look(); }},
      {"publication", [this] { applications_.publish_missing(); }},
      {"configuration", [this] { reconfiguration_.look(); }},
      {"the guard of directories", [this] { guard_publication(); }},
      {"adoption", [this] { adoption_.refresh(); }},
      {"alarms", [this] { alarms_.look(); }},
  };
  for (const auto& [part, look] : looks) by_itself(fmt::format("the look at what is sealed, by {},", part), look);
}

void Agent::trust_list_changed(const dbus::GroupName& group) {
  keys_.forget_cached();
  if (bus_) bus_->trust_list_changed(group);
  by_itself(telling, [&] { adoption_.trust_list_changed(group); });
  look_again();
}

void Agent::alarm_changed(const dbus::GroupName& group, const Alarm& alarm) {
  show_status_soon();
  if (bus_) bus_->alarm(group, alarm.kind, alarm.source, alarm.severity, alarm.message);
}

void Agent::group_changed(const dbus::GroupName& group) {
  if (bus_) bus_->group_changed(group);
  look_again();
}

// Who fails keeps nobody else from looking at certificates and trust lists.
void Agent::look_again() {
  by_itself(telling, [&] { alarms_.look(); });
  by_itself(telling, [&] { onboarding_.look(); });
  enrolment_.look();
}

void Agent::changes_applied(const AppliedChanges& changes) {
  by_itself(telling, [&] { staging_.changes_applied(changes); });
  by_itself(telling, [&] { bundles_.changes_applied(changes); });
  if (!bus_) return;
  bus_->changes_applied(changes.application, changes.certificate_groups, changes.trust_lists);
  if (changes.restart_required)
    bus_->shutdown_requested(
        changes.application, seconds_till_shutdown,
        "certificates and trust lists have changed; what you connected with may not work any more");
}

void Agent::directories_changed() {
  guard_.refresh();
  if (bus_) bus_->directories_changed();
}

void Agent::busy_changed() {
  enrolment_.look();
  by_itself(telling, [&] { look_at_staging(); });
  if (bus_) bus_->busy_changed();
}

// What was staged before this start may only now be read.
void Agent::look_at_staging() {
  staging_.look();
  downloads_.look();
}

void Agent::staging_changed() {
  downloads_.look();
  if (bus_) bus_->staging_changed();
}

// What stands in the published directories since the last run of the agent.
void Agent::guard_publication() {
  if (!std::exchange(publication_is_guarded_, true)) applications_.tell_published();
}

}  // namespace edgeseal::agent
