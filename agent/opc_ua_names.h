#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgeseal::agent {

// The groups and certificate types of OPC 10000-12 by NodeId ("i=14156", "ns=0;i=14156") or by the name of this agent;
// empty where it knows none of that name. A null group id is the application group (§7.10.5); a null type is none.
[[nodiscard]] std::string group_name(std::string_view group_id);
[[nodiscard]] std::string certificate_type_name(std::string_view type_id);
[[nodiscard]] bool is_group(std::string_view name);
// "i=14156"; empty where OPC UA has none, as for the group tls.
[[nodiscard]] std::string_view group_node_id(std::string_view group);
[[nodiscard]] std::string_view certificate_type_node_id(std::string_view certificate_type);

}  // namespace edgeseal::agent
