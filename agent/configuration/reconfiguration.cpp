#include "agent/configuration/reconfiguration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "agent/configuration/application_rules.h"
#include "agent/configuration/configuration_check.h"
#include "agent/group_name.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// Objects of the bus are made anew for what they show and never change.
bool is_access_alone(const ConfigurationDifference& difference, const std::string& application) {
  return std::ranges::any_of(difference.changes, [&](const dbus::ConfigurationChange& change) {
    return change.kind == "application" && change.name == application && change.detail == "access";
  });
}

// For another group or in another layout.
bool was_held(const DeclaredRecord& record, const AdoptedRecord& directory) {
  return std::ranges::find(record.directories, directory.path, &AdoptedRecord::path) != record.directories.end();
}

}  // namespace

Reconfiguration::Reconfiguration(const Services& services, World world, const Configuration& started_with)
    : services_(services),
      world_(std::move(world)),
      place_{started_with.path, started_with.path == default_configuration_path},
      settings_(started_with.declared.settings),
      declared_(started_with.declared) {}

void Reconfiguration::start() {
  take_over_deletions(services_.state);
  const DeclaredRecord record = read_declared(services_.state);
  ConfigurationDifference found = difference({services_.applications.list(), record}, declared_);
  for (const std::string& name : deletions_due(declared_)) try_to_delete(name);
  release(found.release);
  std::stable_partition(found.adopt.begin(), found.adopt.end(),
                        [&](const AdoptedRecord& directory) { return was_held(record, directory); });
  for (const AdoptedRecord& directory : found.adopt)
    if (was_held(record, directory) || is_adoptable(directory)) adopt(directory);
  DeclaredRecord now{{}, record.trust_lists};
  for (const AdoptedRecord& directory : found.record.directories)
    if (services_.adoption.has(directory.path)) now.directories.push_back(directory);
  if (now != record) write_declared(services_.state, now);
}

// What can't be is logged, and the next start tries again.
bool Reconfiguration::is_adoptable(const AdoptedRecord& directory) {
  try {
    services_.adoption.require_adoptable(directory);
    return true;
  } catch (const Error& error) {
    log(Level::error, Event::configuration_not_in_force,
        fmt::format("{} is not adopted: {}", directory.path, error.what()));
    return false;
  }
}

Declarations Reconfiguration::read() const {
  ConfigurationProblems problems;
  Configuration configuration = read_whole_configuration(place_, this_machine(), problems);
  problems.require_no_errors();
  return std::move(configuration.declared);
}

// A reset, or the end of an application, takes the lists along that were put into force: they are due again.
DeclaredRecord Reconfiguration::declared_record() const {
  DeclaredRecord record = read_declared(services_.state);
  std::erase_if(record.trust_lists, [&](const auto& list) {
    const dbus::GroupName group = group_of(list.first);
    return !services_.state.has_trust_list(group.application, group.group);
  });
  return record;
}

ConfigurationDifference Reconfiguration::compare(const Declarations& declared) {
  return difference(
      {services_.applications.list(), declared_record(), declared_.profiles, declared_.approvals, settings_}, declared);
}

void Reconfiguration::require_kept(const ConfigurationDifference& difference, dbus::Undeclared undeclared) {
  if (undeclared == dbus::Undeclared::Delete || difference.undeclared.empty()) return;
  std::vector<std::string> files;
  for (const ApplicationRecord& application : difference.undeclared)
    files.push_back(has_file(application) ? application.origin : "the file of application " + application.name);
  throw Error(Code::invalid_state,
              fmt::format("{} is gone, and the keys of what it declared would be destroyed: put it back, or apply with "
                          "--delete",
                          fmt::join(files, ", ")));
}

Reconfiguration::Changes Reconfiguration::plan(dbus::Undeclared undeclared) {
  const ConfigurationDifference found = compare(read());
  require_kept(found, undeclared);
  return found.changes;
}

void Reconfiguration::require_possible(const ConfigurationDifference& difference) {
  for (const ApplicationRecord& application : difference.undeclared) {
    services_.groups.require_idle(application.name);
    services_.transactions.require_free(owner_, application.name);
  }
  for (const DeclaredTrustList& declared : difference.trust_lists) {
    services_.transactions.require_free(owner_, declared.group.application);
    require_good(declared);
  }
  for (const AdoptedRecord& directory : difference.adopt)
    services_.adoption.require_adoptable(directory, difference.release);
}

void Reconfiguration::require_good(const DeclaredTrustList& declared) {
  if (declared.has_options()) return;
  try {
    (void)services_.lists.check(declared.group, declared.list, world_.now());
  } catch (const Error& error) {
    throw about({declared}, error);
  }
}

// First what is not in the files, so that whatever ends the agent meanwhile, its next start comes to the same end: it
// applies the files, and deletes what was to be deleted.
void Reconfiguration::carry_out(const Declarations& declared, const ConfigurationDifference& found) {
  std::vector<std::string> deletions;
  for (const ApplicationRecord& application : found.undeclared) deletions.push_back(application.name);
  services_.state.put_deletions(deletions);
  services_.applications.withdraw_undeclared(declared.applications);
  for (const std::string& name : deletions_due(declared)) delete_application(name);
  for (const ApplicationRecord& application : found.put) {
    services_.applications.declare(application);
    tell_application(found, application);
  }
  release(found.release);
  for (const AdoptedRecord& directory : found.adopt) adopt(directory);
  services_.enrolment.use_profile_files(declared.profiles);
  services_.policies.use_declared(declared.approvals, services_.tpm);
  if (read_declared(services_.state) != found.record) write_declared(services_.state, found.record);
}

void Reconfiguration::release(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    services_.state.remove_adopted(path);
    services_.adoption.release_declared(path);
  }
}

void Reconfiguration::adopt(const AdoptedRecord& directory) {
  services_.state.put_adopted(directory);
  services_.adoption.adopt_declared(directory);
}

// What was to be deleted when something got in the way, and has its file again, stays.
std::vector<std::string> Reconfiguration::deletions_due(const Declarations& declared) {
  std::vector<std::string> due;
  for (const std::string& name : services_.state.deletions())
    if (std::ranges::find(declared.applications, name, &ApplicationRecord::name) == declared.applications.end())
      due.push_back(name);
    else
      services_.state.remove_deletion(name);
  return due;
}

// At a start: one that can't be deleted keeps nobody from his keys.
void Reconfiguration::try_to_delete(const std::string& name) {
  try {
    delete_application(name);
  } catch (const Error& error) {
    log(Level::error, Event::deletion_failed,
        fmt::format("application {} is to be deleted, and is not yet; the next start tries again: {}", name,
                    error.what()),
        {{"APPLICATION", name}});
  }
}

void Reconfiguration::delete_application(const std::string& name) {
  services_.groups.remove(name);
  world_.application_removed(name);
}

void Reconfiguration::tell_application(const ConfigurationDifference& difference,
                                       const ApplicationRecord& application) {
  if (is_access_alone(difference, application.name)) return world_.access_changed(application);
  if (!difference.is_new(application.name)) world_.application_removed(application.name);
  world_.application_added(application);
}

// The last one is the next: what has to be taken away comes before new groups of that name.
std::vector<dbus::GroupName> Reconfiguration::unpublished() {
  std::vector<dbus::GroupName> groups = services_.state.unpublished();
  std::ranges::reverse(groups);
  return groups;
}

// In turns, each group in the background: keys and calls are served in between. What fails is left to
// Applications::publish_missing().
void Reconfiguration::publish_next(const RunPtr& run) {
  if (run->unpublished.empty()) return put_all_lists(run, run->difference.trust_lists);
  const dbus::GroupName group = run->unpublished.back();
  run->unpublished.pop_back();
  if (group.group.empty() || !services_.state.application(group.application)) {
    services_.applications.remove_missing(group.application);
    return publish_next_afterwards(run);
  }
  services_.applications.publish_again(group, [this, run, group](const std::variant<std::monostate, Error>& outcome) {
    if (const auto* error = std::get_if<Error>(&outcome))
      log(Level::error, Event::not_published,
          fmt::format("{} could not be published: {}", name_of(group), error->what()),
          {{"APPLICATION", group.application}});
    publish_next_afterwards(run);
  });
}

void Reconfiguration::publish_next_afterwards(const RunPtr& run) {
  world_.afterwards([this, run] {
    try {
      publish_next(run);
    } catch (const Error& error) {
      fail(run, error);
    }
  });
}

}  // namespace edgeseal::agent
