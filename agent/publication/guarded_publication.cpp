#include "agent/publication/guarded_publication.h"

#include <fmt/format.h>

#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

using RulesPtr = std::shared_ptr<const policy::DirectoryRules>;

RulesPtr rules_of(const PublishedGroup& group) {
  return std::make_shared<const policy::DirectoryRules>(group_rules(directories_of(group), manifest_of(group)));
}

std::variant<RulesPtr, Error> outcome_of(const PublishedGroup& group) {
  try {
    return rules_of(group);
  } catch (const Error& error) {
    return error;
  }
}

bool is_same(const Readers& one, const Readers& other) {
  return one.users == other.users && one.groups == other.groups;
}

}  // namespace

GuardedPublication::GuardedPublication(std::string root, BackgroundWorker& worker, std::function<void()> changed)
    : root_(std::move(root)),
      worker_(worker),
      changed_(std::move(changed)),
      staging_rules_(std::make_shared<const policy::DirectoryRules>(staging_rules())) {
  change_rules();
}

void GuardedPublication::expect(const std::string& application, const std::vector<std::string>& groups) {
  const auto [known, added] = applications_.try_emplace(application);
  known->second.expected = {groups.begin(), groups.end()};
  if (known->second.rules) change_rules(known->second);
  if (added) change_rules();
  changed_();
}

void GuardedPublication::published(const std::string& application, const Readers& readers, PublishedGroup group) {
  const auto [entry, added] = applications_.try_emplace(application);
  Application& known = entry->second;
  const bool expected = !known.expected.insert(group.group).second;
  const bool same = expected && known.rules && is_same(known.readers, readers);
  known.readers = readers;
  known.groups.erase(group.group);
  known.publications[group.group] = ++publications_;
  if (!same) change_rules(known);
  if (added) change_rules();
  waiting_.push_back(std::make_shared<const Publishing>(Publishing{application, publications_, std::move(group)}));
  if (waiting_.size() == 1) make_digests();
}

// One after the other: the worker has no room for all groups of a large device at once.
void GuardedPublication::make_digests() {
  if (waiting_.empty()) return;
  const auto make = [publishing = waiting_.front()] { return rules_of(publishing->group); };
  const auto put_and_go_on = [this, alive = std::weak_ptr(alive_)](const std::variant<RulesPtr, Error>& rules) {
    if (alive.expired()) return;
    const auto publishing = waiting_.front();
    waiting_.pop_front();
    put(*publishing, rules);
    make_digests();
  };
  try {
    worker_.submit<RulesPtr>(make, put_and_go_on);
  } catch (const Error&) {  // it has no room now, which is seldom
    put_and_go_on(outcome_of(waiting_.front()->group));
  }
}

void GuardedPublication::put(const Publishing& publishing, const std::variant<RulesPtr, Error>& rules) {
  const auto known = applications_.find(publishing.application);
  const std::string& group = publishing.group.group;
  if (known == applications_.end() || known->second.publications[group] != publishing.publication) return;
  if (const auto* error = std::get_if<Error>(&rules)) {
    log(Level::error, Event::directory_unguarded,
        fmt::format("{}/{}/{} is not guarded: {}", root_, publishing.application, group, error->what()));
  } else {
    known->second.groups[group] = std::get<RulesPtr>(rules);
    changed_();
  }
}

void GuardedPublication::removed(const std::string& application) {
  if (applications_.erase(application) == 0) return;
  change_rules();
  changed_();
}

void GuardedPublication::change_rules() {
  std::vector<std::string> names;
  for (const auto& [name, unused] : applications_) names.push_back(name);
  rules_ = std::make_shared<const policy::DirectoryRules>(publication_rules(names));
}

void GuardedPublication::change_rules(Application& application) {
  application.rules = std::make_shared<const policy::DirectoryRules>(
      application_rules(application.readers, {application.expected.begin(), application.expected.end()}));
}

std::vector<GuardedDirectory> GuardedPublication::directories() const {
  using Means = GuardedDirectory::Means;
  std::vector<GuardedDirectory> all;
  all.push_back({root_, "", "", rules_, Means::clear, true});
  all.push_back({root_ + "/" + std::string(Publication::staging_name), "", "", staging_rules_, Means::clear, false});
  for (const auto& [name, application] : applications_) {
    const std::string path = root_ + "/" + name;
    if (application.rules) all.push_back({path, name, "", application.rules, Means::clear, false});
    for (const auto& [group, rules] : application.groups)
      all.push_back({path + "/" + group, name, group, rules, Means::restore, false});
  }
  return all;
}

}  // namespace edgeseal::agent
