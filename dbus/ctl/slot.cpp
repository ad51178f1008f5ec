#include "dbus/ctl/slot.h"

#include <algorithm>
#include <iterator>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

std::string choose(const std::string& wanted, const std::vector<std::string>& choices, const std::string& what,
                   const std::string& option) {
  if (wanted.empty() && choices.size() == 1) return choices.front();
  if (std::ranges::find(choices, wanted) != choices.end()) return wanted;
  const std::string problem =
      wanted.empty() ? "there is more than one " + what : "there is no " + what + " \"" + wanted + "\"";
  throw Failure(ExitCode::Usage, choices.empty() ? "there is no " + what : problem,
                choices.empty() ? "" : "give " + option + " with one of: " + joined(choices));
}

}  // namespace

std::string choose_group(const Application& application, const std::string& group) {
  std::vector<std::string> groups;
  std::ranges::transform(application.groups, std::back_inserter(groups), &Group::name);
  return choose(group, groups, "certificate group of " + application.name, "--group");
}

SlotName choose_slot(const Application& application, const std::string& group, const std::string& type) {
  const auto name = choose_group(application, group);
  const auto& chosen = *std::ranges::find(application.groups, name, &Group::name);
  return {application.name, name,
          choose(type, chosen.certificate_types, "certificate type of " + application.name + "/" + name, "--type")};
}

}  // namespace edgeseal::ctl
