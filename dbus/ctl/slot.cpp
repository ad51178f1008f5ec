#include "dbus/ctl/slot.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

// `how`: how the user says which one.
std::string choose(const std::string& wanted, const std::vector<std::string>& choices, const std::string& what,
                   const std::string& how) {
  if (wanted.empty() && choices.size() == 1) return choices.front();
  if (std::ranges::find(choices, wanted) != choices.end()) return wanted;
  const std::string problem =
      wanted.empty() ? "there is more than one " + what : "there is no " + what + " \"" + wanted + "\"";
  throw Failure(ExitCode::Usage, choices.empty() ? "there is no " + what : problem,
                choices.empty() ? "" : "give " + how + " one of: " + joined(choices));
}

std::vector<std::string> groups_of(const Application& application) {
  std::vector<std::string> groups;
  std::ranges::transform(application.groups, std::back_inserter(groups), &Group::name);
  return groups;
}

std::vector<std::string> types_of(const Application& application, const std::string& group) {
  return std::ranges::find(application.groups, group, &Group::name)->certificate_types;
}

std::string group_words(const Application& application) {
  return "certificate group of " + application.name;
}

std::string type_words(const Application& application, const std::string& group) {
  return "certificate type of " + application.name + "/" + group;
}

std::vector<std::string> parts_of(const std::string& text, size_t most, const std::string& form) {
  std::vector<std::string> parts;
  std::istringstream words(text);
  for (std::string part; std::getline(words, part, '/');) parts.push_back(part);
  const bool complete = !text.empty() && text.back() != '/' && parts.size() <= most;
  if (complete && std::ranges::find(parts, "") == parts.end()) return parts;
  throw Failure(ExitCode::Usage, "\"" + text + "\" can't be right", "write " + form);
}

std::string said_once(const std::string& part, const std::string& option, const std::string& name) {
  if (part.empty() || option.empty() || part == option) return part.empty() ? option : part;
  throw Failure(ExitCode::Usage, "\"" + part + "\" is not what " + name + " says: \"" + option + "\"",
                "leave one of them out");
}

}  // namespace

std::string choose_group(const Application& application, const std::string& group) {
  return choose(group, groups_of(application), group_words(application), "--group with");
}

SlotName choose_slot(const Application& application, const std::string& group, const std::string& type) {
  const auto name = choose_group(application, group);
  return {application.name, name,
          choose(type, types_of(application, name), type_words(application, name), "--type with")};
}

ChosenGroup find_group(AgentConnection& agent, const std::string& text) {
  auto parts = parts_of(text, 2, "APPLICATION[/GROUP]");
  parts.resize(2);
  auto application = agent.application(parts[0]);
  const auto name =
      choose(parts[1], groups_of(application), group_words(application), application.name + "/GROUP with");
  auto group = *std::ranges::find(application.groups, name, &Group::name);
  return {std::move(application), std::move(group)};
}

SlotName slot_words(const std::string& text, const std::string& group, const std::string& type) {
  auto parts = parts_of(text, 3, "APPLICATION[/GROUP[/TYPE]]");
  parts.resize(3);
  return {parts[0], said_once(parts[1], group, "--group"), said_once(parts[2], type, "--type")};
}

SlotName find_slot(AgentConnection& agent, const std::string& text) {
  auto parts = parts_of(text, 3, "APPLICATION[/GROUP[/TYPE]]");
  parts.resize(3);
  const auto application = agent.application(parts[0]);
  const auto group =
      choose(parts[1], groups_of(application), group_words(application), application.name + "/GROUP with");
  return {application.name, group,
          choose(parts[2], types_of(application, group), type_words(application, group),
                 application.name + "/" + group + "/TYPE with")};
}

}  // namespace edgeseal::ctl
