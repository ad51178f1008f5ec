#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/state/state.h"

namespace edgeseal::agent {

// What a key name says of a slot: "web/https/https"; an empty or absent part stands for the first one that there is, as
// in "web", "web/https" and "web//tls-client". Valid as long as the text is.
struct SlotName {
  std::string_view application, group, certificate_type;

  [[nodiscard]] static SlotName parse(std::string_view text);
};

[[nodiscard]] std::optional<Slot> find_slot(const ApplicationRecord& application, const SlotName& name);
// Where there is none.
[[nodiscard]] std::string missing_part(const ApplicationRecord& application, const SlotName& name);

}  // namespace edgeseal::agent
