#include "agent/applications.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "agent/access.h"
#include "agent/host_name.h"
#include "agent/journal.h"
#include "policy/access_rule.h"
#include "policy/error.h"
#include "policy/names.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_slots = 16;
constexpr std::size_t max_access_rules = 64;
constexpr std::size_t max_uri_size = 1024;

void fill_defaults(ApplicationRecord& application) {
  if (application.application_uri.empty())
    application.application_uri = fmt::format("urn:{}:{}", host_name(), application.name);
  if (application.slots.empty()) application.slots.push_back(SlotDeclaration::parse("https/https=ec-p256"));
}

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

void require_rule(const std::string& rule) {
  try {
    (void)policy::AccessRule::parse(rule);
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
}

void require_changeable_access(const ApplicationRecord& application, std::string_view change, const std::string& rule) {
  if (application.origin != "bus")
    throw Error(
        Code::invalid_state,
        fmt::format("application {} is declared by {}: {} \"{}\" {} its list access there, then restart the agent",
                    application.name, application.origin, change, rule, change == "add" ? "to" : "from"));
}

bool is_uri(const std::string& text) {
  const auto colon = text.find(':');
  return colon != 0 && colon != std::string::npos && text.size() <= max_uri_size &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

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
  for (const std::string& use : application.legacy)
    if (std::ranges::find(legacy_uses, use) == legacy_uses.end())
      throw Error(Code::invalid_argument,
                  fmt::format("legacy \"{:.64}\" is not known: choose of {}", use, fmt::join(legacy_uses, ", ")));
  for (std::size_t i = 0; i < application.slots.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (application.slots[i].group == application.slots[j].group &&
          application.slots[i].certificate_type == application.slots[j].certificate_type)
        throw Error(Code::invalid_argument, fmt::format("slot {} is named twice", application.slots[i].text()));
}

ApplicationRecord Applications::create(ApplicationRecord application) {
  fill_defaults(application);
  validate(application);
  (void)parse_access(application);
  if (state_.application(application.name))
    throw Error(Code::entry_exists, fmt::format("application {} exists already; see edgesealctl application show {}",
                                                application.name, application.name));
  state_.put_application(application);
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
  state_.put_application(application);
  keys_.forget_cached();
  log(Level::notice, Event::application_created,
      fmt::format("application {} {} by {}", application.name, before ? "changed" : "created", application.origin),
      {{"APPLICATION", application.name}, {"ORIGIN", application.origin}});
}

void Applications::withdraw_undeclared(const std::vector<ApplicationRecord>& declared) {
  for (ApplicationRecord application : state_.applications()) {
    if (application.origin == "bus" ||
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
    state_.put_application(application);
    keys_.forget_cached();
  }
}

void Applications::remove(const std::string& name) {
  const ApplicationRecord application = get(name);
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
  state_.put_application(application);
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

Publication::Generation Applications::prepare(const std::string& name, const std::string& group,
                                              const std::vector<CertificateRecord>& staged) {
  const ApplicationRecord application = get(name);
  PublishedGroup published{.group = group, .exports = application.exports};
  for (const SlotDeclaration& declaration : application.slots) {
    if (declaration.group != group) continue;
    const Slot slot{name, group, declaration.certificate_type};
    const auto found = std::ranges::find(staged, slot, &CertificateRecord::slot);
    const auto record = found != staged.end() ? std::optional(*found) : state_.certificate(slot);
    if (!record) continue;
    published.slots.push_back({slot, keys_.find(record->key_id)->public_key, *record});
  }
  return publication_.prepare(name, readers_of(application), published);
}

void Applications::publish(const std::string& name, const std::string& group, Publication::Generation& generation) {
  mark_published_after(name, group, [&] { generation.exchange(); });
}

void Applications::publish_missing() {
  for (const auto& [name, group] : state_.unpublished()) {
    mark_published_after(name, group, [&, &application = name, &certificate_group = group] {
      if (certificate_group.empty())  // comes before the groups of a new application of that name, which have marks too
        publication_.remove(application);
      else if (state_.application(application))
        prepare(application, certificate_group, {}).exchange();
    });
  }
}

void Applications::mark_published_after(const std::string& name, const std::string& group,
                                        const std::function<void()>& step) {
  try {
    step();
    state_.mark_published(name, group);
  } catch (const Error& error) {
    log(Level::error, Event::published, fmt::format("{}/{} could not be published: {}", name, group, error.what()),
        {{"APPLICATION", name}});
  }
}

}  // namespace edgeseal::agent
