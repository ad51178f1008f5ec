#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::enroll::est {

// The realm of a Basic challenge among the WWW-Authenticate headers of an answer (RFC 9110 §11.6.1, RFC 7617 §2): of
// the first one. Nothing where Basic isn't offered.
[[nodiscard]] std::optional<std::string> basic_realm(const std::vector<std::string_view>& headers);

}  // namespace edgeseal::enroll::est
