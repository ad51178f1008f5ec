#pragma once

#include <string>
#include <vector>

#include "agent/state/state.h"

namespace edgeseal::agent {

// Where an application comes from whose file was gone when the agent started.
inline constexpr const char* withdrawn_origin = "withdrawn";
[[nodiscard]] bool has_file(const ApplicationRecord& application);  // when the files were read last

// What was left out gets what it is by default.
void fill_defaults(ApplicationRecord& application);

// What an application can be, one member after the other; whether accounts are there is another matter (access.h). All
// throw Error{invalid_argument} with cause and remedy.
void require_application_name(const std::string& name);
void require_application_uri(const std::string& uri);
void require_product_instance_uri(const std::string& uri);  // of a device; the rule is the same
void require_slots(const std::vector<SlotDeclaration>& slots);
void require_access_count(const std::vector<std::string>& access);
void require_legacy(const std::vector<std::string>& legacy);
void require_exports(const std::vector<std::string>& exports);
void require_trust_groups(const std::vector<std::string>& groups);
void require_capabilities(const std::vector<std::string>& capabilities);
// Its name and its groups: a key of the device identity is for the DCA alone (OPC 10000-21 §6.3).
void require_device_alone(const ApplicationRecord& application);
// All of them.
void require_valid(const ApplicationRecord& application);
// That it has what something else in the files names; its defaults need not be there yet.
void require_group(const ApplicationRecord& application, const std::string& group);

}  // namespace edgeseal::agent
