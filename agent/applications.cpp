#include "agent/applications.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "agent/access.h"
#include "agent/configuration/application_rules.h"
#include "agent/device/device_names.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// Where somebody can change it.
std::string declaration_of(const ApplicationRecord& application) {
  if (application.origin == withdrawn_origin) return "a file that is gone";
  return application.origin == built_in_origin ? "[device] in edgeseal.toml" : application.origin;
}

void require_changeable_access(const ApplicationRecord& application, std::string_view change, const std::string& rule) {
  if (application.origin != "bus")
    throw Error(
        Code::invalid_state,
        fmt::format("application {} is declared by {}: {} \"{}\" {} its list access there, then run edgesealctl config "
                    "apply",
                    application.name, declaration_of(application), change, rule, change == "add" ? "to" : "from"));
}

}  // namespace

std::vector<std::string> group_names(const ApplicationRecord& application) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& group) {
    if (std::ranges::find(names, group) == names.end()) names.push_back(group);
  };
  for (const SlotDeclaration& slot : application.slots) add(slot.group);
  for (const std::string& group : application.trust_groups) add(group);
  return names;
}

ApplicationRecord Applications::create(ApplicationRecord application) {
  fill_defaults(application);
  require_valid(application);
  (void)parse_access(application);
  if (state_.application(application.name))
    throw Error(Code::entry_exists, fmt::format("application {} exists already; see edgesealctl application show {}",
                                                application.name, application.name));
  put(application);
  publish_missing();
  log(Level::notice, Event::application_created, fmt::format("application {} created", application.name),
      {{"APPLICATION", application.name}, {"ORIGIN", application.origin}});
  return application;
}

void Applications::declare(ApplicationRecord application) {
  const auto before = state_.application(application.name);
  if (before && application.application_uri.empty()) application.application_uri = before->application_uri;
  fill_defaults(application);
  require_valid(application);
  if (before == application) return;
  put(application);
  keys_.forget_cached();
  log(Level::notice, Event::application_created,
      fmt::format("application {} {} by {}", application.name, before ? "changed" : "created",
                  application.origin == built_in_origin ? "the agent itself" : application.origin),
      {{"APPLICATION", application.name}, {"ORIGIN", application.origin}});
}

void Applications::put(const ApplicationRecord& application) {
  state_.put_application(application);
  if (observer_.expected) observer_.expected(application);
}

void Applications::observe(PublicationObserver observer) {
  observer_ = std::move(observer);
  for (const ApplicationRecord& application : list()) observer_.expected(application);
}

void Applications::withdraw_undeclared(const std::vector<ApplicationRecord>& declared) {
  for (ApplicationRecord application : state_.applications()) {
    if (!has_file(application) ||
        std::ranges::find(declared, application.name, &ApplicationRecord::name) != declared.end())
      continue;
    log(Level::warning, Event::configuration_not_in_force,
        fmt::format(
            "application {}: {} is gone, so nobody but root may use its keys any more; put it back, or delete the "
            "application by edgesealctl config apply --delete",
            application.name, application.origin),
        {{"APPLICATION", application.name}, {"ORIGIN", application.origin}});
    application.account.clear();
    application.access.clear();
    application.origin = withdrawn_origin;
    put(application);
    keys_.forget_cached();
  }
}

void Applications::remove(const std::string& name) {
  const ApplicationRecord application = get(name);
  if (application.origin == built_in_origin)
    throw Error(Code::invalid_state, "this is the device itself: it can be reset, and not be deleted");
  if (has_file(application))
    throw Error(
        Code::invalid_state,
        fmt::format("application {} is declared by {}: remove that file first, then run edgesealctl config apply "
                    "--delete",
                    name, application.origin));
  const std::vector<KeyId> ids = state_.keys_of(name);
  state_.remove_application(name);
  keys_.forget_cached();
  for (const KeyId& id : ids) keys_.evict(id);
  if (observer_.deleted) observer_.deleted(name);
  log(Level::notice, Event::application_deleted,
      fmt::format("application {} deleted with its keys and certificates", name), {{"APPLICATION", name}});
}

bool Applications::add_access_rule(const std::string& name, const std::string& rule) {
  ApplicationRecord application = get(name);
  if (std::ranges::find(application.access, rule) != application.access.end()) return false;
  require_changeable_access(application, "add", rule);
  require_access_rule(rule);
  application.access.push_back(rule);
  require_valid(application);
  change_access(application, rule, "may now");
  return true;
}

bool Applications::remove_access_rule(const std::string& name, const std::string& rule) {
  ApplicationRecord application = get(name);
  if (std::erase(application.access, rule) == 0) return false;
  require_changeable_access(application, "remove", rule);
  change_access(application, rule, "may no longer");
  return true;
}

void Applications::change_access(const ApplicationRecord& application, const std::string& rule, std::string_view may) {
  put(application);
  keys_.forget_cached();
  publish_missing();
  log(Level::notice, Event::application_created,
      fmt::format("application {} changed over the bus: {} {} use its keys", application.name, rule, may),
      {{"APPLICATION", application.name}, {"ACCESS", rule}});
}

ApplicationRecord Applications::get(const std::string& name) {
  auto application = state_.application(name);
  if (!application)
    throw Error(Code::not_found,
                fmt::format("there is no application \"{:.64}\"; see edgesealctl application list", name));
  return *std::move(application);
}

}  // namespace edgeseal::agent
