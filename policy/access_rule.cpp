#include "policy/access_rule.h"

#include <algorithm>

#include "policy/accounts.h"
#include "policy/error.h"

namespace edgeseal::policy {
namespace {

constexpr std::size_t max_unit_size = 255;  // UNIT_NAME_MAX of systemd
constexpr std::string_view unit_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

// The units that a process of its own belongs to. "nginx" without a type would be a rule that never holds.
bool is_unit_name(std::string_view name) {
  return name.size() <= max_unit_size && !name.starts_with('.') &&
         (name.ends_with(".service") || name.ends_with(".scope")) &&
         name.find_first_not_of(unit_characters) == std::string_view::npos;
}

uid_t require_user(const std::string& name, const std::string& rule) {
  if (const auto user = find_user(name)) return *user;
  throw Error(rule, "there is no user '" + name + "'; create the account first or correct the rule");
}

gid_t require_group(const std::string& name, const std::string& rule) {
  if (const auto group = find_group(name)) return *group;
  throw Error(rule, "there is no group '" + name + "'; create it first or correct the rule");
}

std::string require_unit(const std::string& name, const std::string& rule) {
  if (is_unit_name(name)) return name;
  throw Error(rule, "'" + name + "' is not the full name of a service or scope, like nginx.service");
}

void add_condition(AccessRule& rule, std::string_view condition, const std::string& text) {
  const auto equals = condition.find('=');
  const std::string word(condition.substr(0, equals));
  const std::string value(equals == std::string_view::npos ? "" : condition.substr(equals + 1));
  const bool repeated =
      (word == "user" && rule.user) || (word == "group" && rule.group) || (word == "unit" && !rule.unit.empty());
  if (repeated) throw Error(text, "'" + word + "' stands twice, so that the rule could never hold; write two rules");
  if (value.empty() || value.find('\0') != std::string::npos)
    throw Error(text, "'" + word + "' has no usable value; write user=, group= or unit= and a name");

  if (word == "user") {
    rule.user = require_user(value, text);
  } else if (word == "group") {
    rule.group = require_group(value, text);
  } else if (word == "unit") {
    rule.unit = require_unit(value, text);
  } else {
    throw Error(text, "'" + word + "' is unknown; a condition is user=, group= or unit=");
  }
}

bool holds(const AccessRule& rule, const Caller& caller) {
  const bool has_condition = rule.user || rule.group || !rule.unit.empty();
  const auto in_group = [&](gid_t group) {
    return std::find(caller.groups.begin(), caller.groups.end(), group) != caller.groups.end();
  };
  return has_condition && (!rule.user || *rule.user == caller.uid) && (!rule.group || in_group(*rule.group)) &&
         (rule.unit.empty() || rule.unit == caller.unit);
}

}  // namespace

AccessRule AccessRule::parse(std::string_view text) {
  AccessRule rule;
  std::string_view rest = text;
  for (;;) {
    const auto comma = rest.find(',');
    add_condition(rule, rest.substr(0, comma), std::string(text));
    if (comma == std::string_view::npos) return rule;
    rest.remove_prefix(comma + 1);
  }
}

bool permits(std::span<const AccessRule> rules, const Caller& caller) {
  return caller.uid == 0 ||
         std::any_of(rules.begin(), rules.end(), [&](const AccessRule& rule) { return holds(rule, caller); });
}

bool needs_unit(std::span<const AccessRule> rules) {
  return std::any_of(rules.begin(), rules.end(), [](const AccessRule& rule) { return !rule.unit.empty(); });
}

}  // namespace edgeseal::policy
