#pragma once

#include <span>
#include <string>
#include <string_view>

namespace edgeseal::agent {

// The one of `known` that somebody meant who wrote `name`: the fewest letters apart, and no more than a third of them.
// Empty: none of them.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace edgeseal::agent
