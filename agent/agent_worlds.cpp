// What the parts of the agent ask of each other.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "agent/agent.h"
#include "agent/bus_time.h"

namespace edgeseal::agent {
namespace {

// Not, or not yet: what comes by itself then has no disk to go to.
bool is_not_known(StateAnchor::Finding finding) {
  return finding == StateAnchor::Finding::unchecked || finding == StateAnchor::Finding::wiped ||
         finding == StateAnchor::Finding::forged;
}

}  // namespace

std::vector<std::string> Agent::device_names() {
  std::vector<std::string> names{identity_.serial_number(), identity_.product_instance_uri()};
  std::erase(names, "");
  return names;
}

Bundles::World Agent::bundles_world() {
  return {.now = [this] { return time_.now(); },
          .elapsed = [this] { return clock_.now(); },
          .device_names = [this] { return device_names(); },
          .changed = tell(&dbus::Service::bundle_changed),
          .wanted =
              [this](const std::string& session) {
                pin_marker_.show(session);
                if (bus_) bus_->pin_wanted();
              },
          .closed =
              [this](const std::string& session, const std::string& outcome) {
                pin_marker_.clear();
                if (bus_) bus_->pin_closed(session, outcome);
              }};
}

Enrolment::World Agent::enrolment_world() {
  return {.clocks =
              [this] {
                using std::chrono::floor;
                using std::chrono::seconds;
                const TimeOfDay read = time_of_day();
                return BestTime::Reading{floor<seconds>(read.time), read.synchronised, floor<seconds>(clock_.now())};
              },
          .busy = [this] { return inhibitors_.busy(); },
          .locked = [this] { return is_not_known(anchor_.finding()); },
          .job_added =
              [this](const Job& job) {
                if (bus_) bus_->job_added(enrolment_ports_.info(job));
              },
          .job_changed =
              [this](const Job& job) {
                if (bus_) bus_->job_changed(job.number);
              },
          .job_removed = tell(&dbus::Service::job_removed),
          .job_waiting = tell(&dbus::Service::job_waiting),
          .job_cancelled = tell(&dbus::Service::job_cancelled),
          .changed =
              [this] {
                show_status_soon();
                if (bus_) bus_->enrolment_changed();
              },
          .expiring =
              [this](const Slot& slot, unsigned days, RenewalTime end, const std::string& needs) {
                if (bus_) bus_->certificate_expiring(slot.key_name(), days, microseconds_of(end), needs);
              }};
}

// Objects of the bus show what an application was made with. New ones come after the call that is being handled: until
// then those that they replace are there.
Reconfiguration::World Agent::reconfiguration_world() {
  return {.now = [this] { return time_.now(); },
          .application_added =
              [this](const ApplicationRecord& application) {
                loop_.post([this, application] { device_made(application); });
                spares_.refill();
                enrolment_.look();
              },
          .application_removed =
              [this](const std::string& name) {
                if (bus_) bus_->application_removed(name);
                enrolment_.look();
              },
          .access_changed =
              [this](const ApplicationRecord& application) {
                if (bus_) bus_->access_changed(application.name, application.access);
              },
          .afterwards = [this](std::function<void()> action) { loop_.post(std::move(action)); }};
}

Staging::World Agent::staging_world() {
  return {.now = [this] { return time_of_day(); },
          .changed = [this] { staging_changed(); },
          .rolled_back = tell(&dbus::Service::staging_rolled_back),
          .busy = [this] { return inhibitors_.busy(); }};
}

StagedDownloads::World Agent::downloads_world() {
  return {[this] { return inhibitors_.busy(); }, tell(&dbus::Service::download_waiting)};
}

Applications::PublicationObserver Agent::publication_observer() {
  return {[this](const ApplicationRecord& application) { guarded_.expect(application.name, group_names(application)); },
          [this](const ApplicationRecord& application, PublishedGroup group) {
            guarded_.published(application.name, readers_of(application), std::move(group));
          },
          [this](const std::string& application) { guarded_.removed(application); },
          [this](const std::string& application) {
            files_.forget(application);
            adoption_.forget(application);
          }};
}

Adoption::World Agent::adoption_world() {
  return {
      .trust_list = [this](const dbus::GroupName& group) { return lists_.record(group).list; },
      .accounts = [this](const std::string& application) { return readers_of(applications_.get(application)).users; },
      .import = [this](const dbus::Caller& caller, const dbus::GroupName& group, const TrustList& list,
                       Answer<std::monostate> answer) { import_trust(caller, group, list, std::move(answer)); },
      .standing = [this] { return guard_.standing(); },
      .changed = [this] { directories_changed(); },
      .publication = publication_.root_path(),
      .max_trust_list_size = lists_.max_size()};
}

void Agent::import_trust(const dbus::Caller& caller, const dbus::GroupName& group, const TrustList& list,
                         Answer<std::monostate> answer) {
  if (transactions_.pending(group.application))
    throw Error(Code::transaction_pending,
                fmt::format("application {} has staged changes; apply or cancel them first", group.application));
  changes_.replace(owner_of(caller), group, list);
  groups_.apply(owner_of(caller), group.application, {}, std::move(answer));
}

ContactRequest::World Agent::contact_world() {
  return {[this] { return inhibitors_.busy(); }, [this] { busy_changed(); }, tell(&dbus::Service::contact_due)};
}

// What others changed is written again as a whole.
DirectoryGuard::World Agent::guarded_world() {
  return {[this] {
            std::vector<GuardedDirectory> all = guarded_.directories();
            std::ranges::move(adoption_.directories(), std::back_inserter(all));
            return all;
          },
          [this](const GuardedDirectory& directory, Answer<std::monostate> answer) {
            if (adoption_.has(directory.path)) return adoption_.restore(directory, std::move(answer));
            if (directory.application.empty()) return make_publication_root(std::move(answer));
            applications_.publish_again({directory.application, directory.group}, std::move(answer));
          }};
}

// The guard finds the groups missing in it then, and has them published again.
void Agent::make_publication_root(Answer<std::monostate> answer) {
  const auto make = [this] {
    publication_.make_root();
    return std::monostate{};
  };
  background_.submit<std::monostate>(make, std::move(answer));
}

}  // namespace edgeseal::agent
