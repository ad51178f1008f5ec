#include <fmt/format.h>

#include <algorithm>

#include "agent/access.h"
#include "agent/applications.h"
#include "agent/group_name.h"
#include "agent/journal.h"
#include "agent/publication/standing_slot.h"

// The part of Applications that shows them what is theirs.
namespace edgeseal::agent {

Readers readers_of(const ApplicationRecord& application) {
  Readers readers;
  for (const policy::AccessRule& rule : known_access(application)) {
    if (rule.user) readers.users.push_back(*rule.user);
    if (rule.group && !rule.user) readers.groups.push_back(*rule.group);
  }
  for (auto* ids : {&readers.users, &readers.groups}) {
    std::ranges::sort(*ids);
    ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
  }
  return readers;
}

std::optional<PublishedSlot> Applications::shown_as(const CertificateRecord& record) {
  return PublishedSlot{record.slot, keys_.find(record.key_id)->public_key, record};
}

// What was damaged holds up nothing else of its group, and stands there as it did. An alarm tells of it.
std::optional<PublishedSlot> Applications::shown(const Slot& slot) {
  try {
    const auto record = state_.certificate(slot);
    return record ? shown_as(*record) : std::nullopt;
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed) throw;
    return standing_slot(directory(slot.application, slot.group), state_.key(slot, KeyStatus::active).value());
  }
}

PublishedGroup Applications::published(const dbus::GroupName& group, const StagedChanges& staged) {
  const ApplicationRecord application = get(group.application);
  const CheckedTrustList* list = staged.trust_list(group.group);
  PublishedGroup published{.group = group.group,
                           .trust_list = list != nullptr ? list->record.list : trust_list_of_(group),
                           .exports = application.exports};
  for (const SlotDeclaration& declaration : application.slots) {
    const Slot slot{group.application, declaration.group, declaration.certificate_type};
    if (declaration.group != group.group || staged.deletes(slot)) continue;
    const CertificateRecord* next = staged.certificate(slot);
    if (auto present = next != nullptr ? shown_as(*next) : shown(slot)) published.slots.push_back(*std::move(present));
  }
  for (RejectedRecord& rejected : state_.rejected(group.application, group.group))
    published.rejected.push_back(std::move(rejected.certificate));
  return published;
}

void Applications::tell_published() {
  for (const ApplicationRecord& application : list())
    for (const std::string& group : group_names(application)) {
      try {
        observer_.published(application, published({application.name, group}));
      } catch (const Error& error) {
        log(Level::error, Event::directory_unguarded,
            fmt::format("{} is not guarded until it is published again: {}", name_of({application.name, group}),
                        error.what()),
            {{"APPLICATION", application.name}});
      }
    }
}

void Applications::prepare(const std::string& name, const std::set<std::string>& groups, const StagedChanges& staged,
                           Answer<GenerationsPtr> answer) {
  auto generations = std::make_shared<Generations>(Generations{get(name), {}});
  for (const std::string& group : groups) generations->shown.push_back(published({name, group}, staged));
  std::erase_if(being_prepared_, [](const auto& entry) { return entry.second.expired(); });
  being_prepared_[name] = generations;
  auto make = [&publication = publication_, readers = readers_of(generations->application), generations]() mutable {
    for (const PublishedGroup& group : generations->shown)
      generations->by_group.emplace(group.group, publication.prepare(generations->application.name, readers, group));
    return std::move(generations);
  };
  background_.submit<GenerationsPtr>(std::move(make), std::move(answer));
}

// Where the application has changed meanwhile they are made again.
void Applications::publish(GenerationsPtr generations) {
  const ApplicationRecord& application = generations->application;
  for (PublishedGroup& group : generations->shown)
    mark_published_after({application.name, group.group}, [&] {
      if (state_.application(application.name) != application)
        throw Error(Code::invalid_state, "the application was changed meanwhile, so it is done again");
      generations->by_group.at(group.group).exchange();
      if (observer_.published) observer_.published(application, std::move(group));
    });
}

// What could not be told says why when it is published anew.
bool Applications::is_current(const dbus::GroupName& group, const PublishedGroup& shown) {
  try {
    const PublishedGroup now = published(group);
    return now.slots == shown.slots && now.trust_list == shown.trust_list;
  } catch (const Error&) {
    return false;
  }
}

// A change meanwhile was not published, because this was being prepared, and this would bring back what was undone.
void Applications::publish_again(const dbus::GroupName& group, Answer<std::monostate> answer) {
  proceed(answer, [&] {
    if (being_prepared(group.application))
      throw Error(Code::busy, fmt::format("{} is being published already", name_of(group)));
    prepare(group.application, {group.group}, {}, [this, group, answer](std::variant<GenerationsPtr, Error> made) {
      if (std::holds_alternative<Error>(made)) missing_();
      proceed(answer, made, [&](GenerationsPtr& generations) {
        if (!is_current(group, generations->shown.front())) {
          missing_();
          generations.reset();
          return publish_again(group, answer);
        }
        publish(std::move(generations));
        answer(std::monostate{});
      });
    });
  });
}

bool Applications::being_prepared(const std::string& name) const {
  const auto found = being_prepared_.find(name);
  return found != being_prepared_.end() && !found->second.expired();
}

void Applications::publish_missing() {
  for (const dbus::GroupName& group : state_.unpublished())
    if (!being_prepared(group.application)) publish_missing(group);
}

// Another one of that name may have been created and published since. What was to be published of it before it was
// deleted is no longer.
void Applications::remove_missing(const std::string& name) {
  for (const dbus::GroupName& group : state_.unpublished())
    if (group.application == name && !being_prepared(name) && (group.group.empty() || !state_.application(name)))
      publish_missing(group);
}

void Applications::publish_missing(const dbus::GroupName& group) {
  mark_published_after(group, [&] {
    if (group.group.empty()) {  // comes before the groups of a new application of that name, which have marks too
      publication_.remove(group.application);
      if (observer_.removed) observer_.removed(group.application);
    } else if (const auto application = state_.application(group.application)) {
      PublishedGroup shown = published(group);
      publication_.prepare(group.application, readers_of(*application), shown).exchange();
      if (observer_.published) observer_.published(*application, std::move(shown));
    }
  });
}

void Applications::mark_published_after(const dbus::GroupName& group, const std::function<void()>& step) {
  try {
    step();
    state_.mark_published(group.application, group.group);
  } catch (const Error& error) {
    log(Level::error, Event::not_published, fmt::format("{} could not be published: {}", name_of(group), error.what()),
        {{"APPLICATION", group.application}});
    missing_();
  }
}

}  // namespace edgeseal::agent
