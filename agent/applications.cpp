#include "agent/applications.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "agent/access.h"
#include "agent/device_names.h"
#include "agent/host_name.h"
#include "agent/journal.h"
#include "agent/opc_ua_names.h"
#include "policy/access_rule.h"
#include "policy/error.h"
#include "policy/names.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_slots = 16;
constexpr std::size_t max_access_rules = 64;
constexpr std::size_t max_uri_size = 1024;
constexpr std::size_t max_capabilities = 9;  // what fits into an announcement (OPC 10000-12 Annex C)
constexpr std::size_t max_capability_size = 8;
constexpr const char* no_capability_information = "NA";  // OPC 10000-12 Annex D

void fill_defaults(ApplicationRecord& application) {
  if (application.application_uri.empty())
    application.application_uri = fmt::format("urn:{}:{}", host_name(), application.name);
  if (application.slots.empty()) application.slots.push_back(SlotDeclaration::parse("https/https=ec-p256"));
  if (application.server_capabilities.empty()) application.server_capabilities = {no_capability_information};
}

void require_rule(const std::string& rule) {
  try {
    (void)policy::AccessRule::parse(rule);
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
}

// Where somebody can change it.
std::string declaration_of(const ApplicationRecord& application) {
  return application.origin == built_in_origin ? "[device] in edgeseal.toml" : application.origin;
}

void require_changeable_access(const ApplicationRecord& application, std::string_view change, const std::string& rule) {
  if (application.origin != "bus")
    throw Error(
        Code::invalid_state,
        fmt::format("application {} is declared by {}: {} \"{}\" {} its list access there, then restart the "
                    "agent",
                    application.name, declaration_of(application), change, rule, change == "add" ? "to" : "from"));
}

bool is_uri(const std::string& text) {
  const auto colon = text.find(':');
  return colon != 0 && colon != std::string::npos && text.size() <= max_uri_size &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_capability(const std::string& text) {
  return !text.empty() && text.size() <= max_capability_size &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

template <class Known>
void require_known(std::string_view what, const std::vector<std::string>& names, const Known& known) {
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw Error(Code::invalid_argument,
                  fmt::format("{} \"{:.64}\" is not known: choose of {}", what, name, fmt::join(known, ", ")));
}

void require_capabilities(const std::vector<std::string>& capabilities) {
  if (capabilities.size() > max_capabilities || !std::ranges::all_of(capabilities, is_capability))
    throw Error(Code::invalid_argument,
                fmt::format("server capabilities are at most {}, each of 1 to {} of A-Z and 0-9, e.g. DA, LDS",
                            max_capabilities, max_capability_size));
}

void require_slots_once(const std::vector<SlotDeclaration>& slots) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const SlotDeclaration& slot : slots)
    if (!seen.emplace(slot.group, slot.certificate_type).second)
      throw Error(Code::invalid_argument, fmt::format("slot {} is named twice", slot.text()));
}

void require_trust_groups(const std::vector<std::string>& groups) {
  for (const std::string& group : groups)
    if (!is_group(group))
      throw Error(
          Code::invalid_argument,
          fmt::format("\"{:.64}\" is not a certificate group: choose of application, https, tls, user-token", group));
  if (std::set(groups.begin(), groups.end()).size() != groups.size())
    throw Error(Code::invalid_argument, "a trust group is named twice");
}

// Its name and its groups: a key of the device identity is for the DCA alone (OPC 10000-21 §6.3).
void require_device_alone(const ApplicationRecord& application) {
  if (application.origin == built_in_origin) return;
  if (application.name == device_application_name)
    throw Error(Code::invalid_argument,
                fmt::format("{} is the name of the device itself; choose another one", application.name));
  for (const std::string& group : group_names(application))
    if (group == identity_group || group == provisioning_group)
      throw Error(Code::invalid_argument, fmt::format("the group {} is for the device itself, not for application {}",
                                                      group, application.name));
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

void Applications::validate(const ApplicationRecord& application) const {
  if (!policy::is_application_name(application.name))
    throw Error(Code::invalid_argument,
                fmt::format("\"{:.80}\" is not an application name: 1 to 64 of a-z, 0-9, '-' and '_', "
                            "beginning with a letter or digit",
                            application.name));
  if (!is_uri(application.application_uri))
    throw Error(Code::invalid_argument, fmt::format("\"{:.80}\" is not an ApplicationUri, e.g. urn:gateway-1:web",
                                                    application.application_uri));
  if (application.slots.size() > max_slots || application.access.size() > max_access_rules)
    throw Error(Code::invalid_argument,
                fmt::format("an application has at most {} slots and {} access rules", max_slots, max_access_rules));
  require_device_alone(application);
  require_known("legacy", application.legacy, legacy_uses);
  require_known("export", application.exports, layout_names);
  require_slots_once(application.slots);
  require_trust_groups(application.trust_groups);
  require_capabilities(application.server_capabilities);
}

ApplicationRecord Applications::create(ApplicationRecord application) {
  fill_defaults(application);
  validate(application);
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
  validate(application);
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
    if (application.origin == "bus" || application.origin == built_in_origin ||
        std::ranges::find(declared, application.name, &ApplicationRecord::name) != declared.end())
      continue;
    log(Level::warning, Event::application_created,
        fmt::format(
            "application {}: {} is gone, so nobody but root may use its keys any more; delete it or create it anew",
            application.name, application.origin),
        {{"APPLICATION", application.name}, {"ORIGIN", application.origin}});
    application.account.clear();
    application.access.clear();
    application.origin = "bus";
    put(application);
    keys_.forget_cached();
  }
}

void Applications::remove(const std::string& name) {
  const ApplicationRecord application = get(name);
  if (application.origin == built_in_origin)
    throw Error(Code::invalid_state, "this is the device itself: it can be reset, and not be deleted");
  if (application.origin != "bus")
    throw Error(Code::invalid_state,
                fmt::format("application {} is declared by {}: remove that file first, then restart the agent", name,
                            application.origin));
  const std::vector<KeyId> ids = state_.keys_of(name);
  state_.remove_application(name);
  keys_.forget_cached();
  for (const KeyId& id : ids) keys_.evict(id);
  publish_missing();
  log(Level::notice, Event::application_deleted,
      fmt::format("application {} deleted with its keys and certificates", name), {{"APPLICATION", name}});
}

bool Applications::add_access_rule(const std::string& name, const std::string& rule) {
  ApplicationRecord application = get(name);
  if (std::ranges::find(application.access, rule) != application.access.end()) return false;
  require_changeable_access(application, "add", rule);
  require_rule(rule);
  application.access.push_back(rule);
  validate(application);
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
