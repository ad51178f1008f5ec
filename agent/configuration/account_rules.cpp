#include "agent/configuration/account_rules.h"

#include "agent/access.h"
#include "agent/configuration/application_rules.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view access_key = "access";

void require(const ConfigurationTable& table, std::string_view key, const std::string& name, std::string_view what,
             const ConfigurationSurroundings::Has& has, ConfigurationProblem::Kind missing) {
  if (!name.empty() && !has(name))
    table.note(key, fmt::format("there is no {} \"{:.64}\": create it before the agent starts", what, name), missing);
}

std::string numbered_condition(const ConfigurationTable& table, const std::string& condition,
                               const ConfigurationSurroundings& surroundings) {
  const auto value = condition.find('=') + 1;
  const std::string name = condition.substr(value);
  const bool user = condition.starts_with("user="), group = condition.starts_with("group=");
  if ((!user && !group) || name.empty()) return condition;
  if (user)
    judge_user(table, access_key, name, surroundings);
  else
    judge_group(table, access_key, name, surroundings);
  return condition.substr(0, value) + "0";
}

// The accounts by themselves, as they may be those of another machine, and the rule with numbers in their places.
std::string numbered(const ConfigurationTable& table, const std::string& rule,
                     const ConfigurationSurroundings& surroundings) {
  std::string text;
  for (std::size_t begin = 0; begin <= rule.size();) {
    const auto end = std::min(rule.find(',', begin), rule.size());
    text += (begin == 0 ? "" : ",") + numbered_condition(table, rule.substr(begin, end - begin), surroundings);
    begin = end + 1;
  }
  return text;
}

}  // namespace

void judge_user(const ConfigurationTable& table, std::string_view key, const std::string& name,
                const ConfigurationSurroundings& surroundings) {
  require(table, key, name, "user", surroundings.has_user, surroundings.missing);
}

void judge_group(const ConfigurationTable& table, std::string_view key, const std::string& name,
                 const ConfigurationSurroundings& surroundings) {
  require(table, key, name, "group", surroundings.has_group, surroundings.missing);
}

void judge_access(const ConfigurationTable& table, const std::vector<std::string>& access,
                  const ConfigurationSurroundings& surroundings) {
  table.judge(access_key, [&] { require_access_count(access); });
  for (const std::string& rule : access)
    table.judge(access_key, [&] { require_access_rule(numbered(table, rule, surroundings)); });
}

}  // namespace edgeseal::agent
