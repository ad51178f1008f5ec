#include "agent/configuration/application_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "agent/applications.h"
#include "agent/certificates/opc_ua_names.h"
#include "agent/device/device_names.h"
#include "agent/error.h"
#include "agent/host_name.h"
#include "agent/publication/publication_layout.h"
#include "policy/names.h"

namespace edgeseal::agent {

namespace {

constexpr const char* no_capability_information = "NA";  // OPC 10000-12 Annex D
constexpr std::size_t max_slots = 16;
constexpr std::size_t max_access_rules = 64;
constexpr std::size_t max_uri_size = 1024;
constexpr std::size_t max_capabilities = 9;  // what fits into an announcement (OPC 10000-12 Annex C)
constexpr std::size_t max_capability_size = 8;

bool is_uri(const std::string& text) {
  const auto colon = text.find(':');
  return colon != 0 && colon != std::string::npos && text.size() <= max_uri_size &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

void require_uri(const std::string& text, std::string_view what) {
  if (!is_uri(text)) throw Error(Code::invalid_argument, fmt::format("\"{:.80}\" is not {}", text, what));
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
                  fmt::format("{} \"{:.64}\" is not known; take any of: {}", what, name, fmt::join(known, ", ")));
}

}  // namespace

bool has_file(const ApplicationRecord& application) {
  return application.origin.starts_with('/');
}

void fill_defaults(ApplicationRecord& application) {
  if (application.application_uri.empty())
    application.application_uri = fmt::format("urn:{}:{}", host_name(), application.name);
  if (application.slots.empty()) application.slots.push_back(SlotDeclaration::parse("https/https=ec-p256"));
  if (application.server_capabilities.empty()) application.server_capabilities = {no_capability_information};
}

void require_application_name(const std::string& name) {
  if (!policy::is_plain_name(name))
    throw Error(Code::invalid_argument,
                fmt::format("\"{:.80}\" is not an application name: 1 to 64 of a-z, 0-9, '-' and '_', "
                            "beginning with a letter or digit",
                            name));
}

void require_application_uri(const std::string& uri) {
  require_uri(uri, "an ApplicationUri, e.g. urn:gateway-1:web");
}

void require_product_instance_uri(const std::string& uri) {
  require_uri(uri, "a ProductInstanceUri, e.g. urn:example.com:gateway:4711");
}

void require_slots(const std::vector<SlotDeclaration>& slots) {
  if (slots.size() > max_slots)
    throw Error(Code::invalid_argument, fmt::format("an application has at most {} slots", max_slots));
  std::set<std::pair<std::string, std::string>> seen;
  for (const SlotDeclaration& slot : slots)
    if (!seen.emplace(slot.group, slot.certificate_type).second)
      throw Error(Code::invalid_argument, fmt::format("slot {} is named twice", slot.text()));
}

void require_access_count(const std::vector<std::string>& access) {
  if (access.size() > max_access_rules)
    throw Error(Code::invalid_argument, fmt::format("an application has at most {} access rules", max_access_rules));
}

void require_legacy(const std::vector<std::string>& legacy) {
  require_known("legacy", legacy, legacy_uses);
}

void require_exports(const std::vector<std::string>& exports) {
  require_known("export", exports, layout_names);
}

void require_trust_groups(const std::vector<std::string>& groups) {
  for (const std::string& group : groups)
    if (!is_group(group))
      throw Error(Code::invalid_argument,
                  fmt::format("\"{:.64}\" is not a certificate group; take any of: application, https, tls, user-token",
                              group));
  if (std::set(groups.begin(), groups.end()).size() != groups.size())
    throw Error(Code::invalid_argument, "a trust group is named twice");
}

void require_capabilities(const std::vector<std::string>& capabilities) {
  if (capabilities.size() > max_capabilities || !std::ranges::all_of(capabilities, is_capability))
    throw Error(Code::invalid_argument,
                fmt::format("server capabilities are at most {}, each of 1 to {} of A-Z and 0-9, e.g. DA, LDS",
                            max_capabilities, max_capability_size));
}

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

void require_valid(const ApplicationRecord& application) {
  require_application_name(application.name);
  require_application_uri(application.application_uri);
  require_access_count(application.access);
  require_device_alone(application);
  require_legacy(application.legacy);
  require_exports(application.exports);
  require_slots(application.slots);
  require_trust_groups(application.trust_groups);
  require_capabilities(application.server_capabilities);
}

void require_group(const ApplicationRecord& application, const std::string& group) {
  ApplicationRecord complete = application;
  fill_defaults(complete);
  const std::vector<std::string> groups = group_names(complete);
  if (std::ranges::find(groups, group) == groups.end())
    throw Error(Code::invalid_argument,
                fmt::format("application {} has no group \"{:.64}\"; it has {}: name it in slots or trust-groups",
                            application.name, group, fmt::join(groups, ", ")));
}

}  // namespace edgeseal::agent
