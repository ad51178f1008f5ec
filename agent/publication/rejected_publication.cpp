#include "agent/publication/rejected_publication.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "agent/error.h"
#include "agent/group_name.h"
#include "agent/journal.h"

namespace edgeseal::agent {

RejectedPublication::RejectedPublication(EventLoop& loop, Publish publish, const Settings& settings)
    : loop_(loop),
      publish_(std::move(publish)),
      settings_(settings),
      timer_(loop.add_timer([this] { publish_due(); })) {}

void RejectedPublication::changed(const dbus::GroupName& group) {
  std::erase_if(groups_, [&](const auto& entry) {
    return !entry.second.due && loop_.now() - entry.second.published > settings_.slowest;
  });
  mark(group);
}

void RejectedPublication::mark(const dbus::GroupName& name) {
  Group& group = groups_[name];
  if (!group.due) group.due = std::max<Time>(loop_.now() + settings_.settle, group.published + group.pause);
  arm();
}

void RejectedPublication::arm() {
  std::optional<Time> first;
  for (const auto& [name, group] : groups_)
    if (group.due && (!first || *group.due < *first)) first = group.due;
  if (!first) return timer_.disable();
  timer_.set_time(*first);
}

void RejectedPublication::publish_due() {
  std::vector<dbus::GroupName> due;
  for (const auto& [name, group] : groups_)
    if (group.due && *group.due <= loop_.now()) due.push_back(name);
  for (const dbus::GroupName& name : due) publish(name);
  arm();
}

void RejectedPublication::publish(const dbus::GroupName& name) {
  Group& group = groups_[name];
  group.due.reset();
  group.published = loop_.now();
  group.pause = std::min<Time>(std::max<Time>(group.pause, settings_.settle) * 2, settings_.slowest);
  const auto answer = [this, name, alive = std::weak_ptr(alive_)](const std::variant<std::monostate, Error>& outcome) {
    if (!alive.expired()) answered(name, outcome);
  };
  proceed(answer, [&] { publish_(name, answer); });
}

void RejectedPublication::answered(const dbus::GroupName& name, const std::variant<std::monostate, Error>& outcome) {
  const auto* error = std::get_if<Error>(&outcome);
  if (error == nullptr) return;
  if (error->code() == Code::not_found) {
    groups_.erase(name);
    return;
  }
  if (error->code() != Code::busy)
    log(Level::warning, Event::not_published,
        fmt::format("rejected certificates of {} are not shown yet: {}", name_of(name), error->what()),
        {{"APPLICATION", name.application}});
  mark(name);
}

}  // namespace edgeseal::agent
