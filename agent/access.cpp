#include "agent/access.h"

#include <fmt/format.h>

#include "agent/error.h"
#include "agent/journal.h"
#include "policy/accounts.h"
#include "policy/error.h"

namespace edgeseal::agent {

namespace {

std::vector<std::string> rule_texts(const ApplicationRecord& application) {
  std::vector<std::string> texts = application.access;
  if (!application.account.empty()) texts.push_back("user=" + application.account);
  return texts;
}

}  // namespace

std::optional<uid_t> find_account(const std::string& name) {
  if (name.empty()) return std::nullopt;
  try {
    return policy::find_user(name);
  } catch (const policy::Error& error) {
    throw Error(Code::internal_error, error.what());
  }
}

void require_access_rule(const std::string& rule) {
  try {
    (void)policy::AccessRule::parse(rule);
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
}

std::vector<policy::AccessRule> parse_access(const ApplicationRecord& application) {
  try {
    std::vector<policy::AccessRule> rules;
    for (const std::string& text : rule_texts(application)) rules.push_back(policy::AccessRule::parse(text));
    return rules;
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
}

std::vector<policy::AccessRule> known_access(const ApplicationRecord& application) {
  std::vector<policy::AccessRule> rules;
  for (const std::string& text : rule_texts(application)) {
    try {
      rules.push_back(policy::AccessRule::parse(text));
    } catch (const policy::Error& error) {
      log(Level::warning, Event::configuration_not_in_force,
          fmt::format("access rule of application {} is left out: {}", application.name, error.what()),
          {{"APPLICATION", application.name}});
    }
  }
  return rules;
}

}  // namespace edgeseal::agent
