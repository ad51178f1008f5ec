#pragma once

#include <string>
#include <vector>

#include "enroll/discovery/service.h"

namespace edgeseal::enroll::discovery {

// What an address in the network is good for: "opc.tcp" of _opcua-tcp._tcp, else "https".
[[nodiscard]] std::string_view scheme_of(std::string_view type);

// For people, a line each; for programs, a JSON array. What others sent is printable in both.
[[nodiscard]] std::string table_of(const std::vector<Service>& services, std::string_view type);
[[nodiscard]] std::string json_of(const std::vector<Service>& services, std::string_view type);

}  // namespace edgeseal::enroll::discovery
