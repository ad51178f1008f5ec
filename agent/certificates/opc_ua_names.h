#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgeseal::agent {

inline constexpr const char* application_group = "application";  // DefaultApplicationGroup

// The groups and certificate types of OPC 10000-12 by NodeId ("i=14156", "ns=0;i=14156") or by the name of this agent;
// empty where it knows none of that name. A null group id is the application group (§7.10.5); a null type is none.
[[nodiscard]] std::string group_name(std::string_view group_id);
[[nodiscard]] std::string certificate_type_name(std::string_view type_id);
[[nodiscard]] bool is_group(std::string_view name);

}  // namespace edgeseal::agent
