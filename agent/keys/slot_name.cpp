#include "agent/keys/slot_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgeseal::agent {

SlotName SlotName::parse(std::string_view text) {
  const auto next = [&text] {
    const auto part = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
  };
  const std::string_view application = next();
  const std::string_view group = next();
  return {application, group, text};
}

std::optional<Slot> find_slot(const ApplicationRecord& application, const SlotName& name) {
  const auto fits = [&](const SlotDeclaration& slot) {
    return (name.group.empty() || name.group == slot.group) &&
           (name.certificate_type.empty() || name.certificate_type == slot.certificate_type);
  };
  const auto found = std::ranges::find_if(application.slots, fits);
  if (found == application.slots.end()) return std::nullopt;
  return Slot{application.name, found->group, found->certificate_type};
}

std::string missing_part(const ApplicationRecord& application, const SlotName& name) {
  const bool has_group = std::ranges::count(application.slots, name.group, &SlotDeclaration::group) != 0;
  if (name.certificate_type.empty() || (!name.group.empty() && !has_group))
    return fmt::format("application {} has no certificate group \"{}\"", application.name, name.group);
  const std::string group = name.group.empty() ? "" : fmt::format("group {} of ", name.group);
  return fmt::format("{}application {} has no certificate type \"{}\"", group, application.name, name.certificate_type);
}

}  // namespace edgeseal::agent
