#pragma once

#include <nlohmann/json.hpp>

#include <map>

#include "jose/bytes.h"

// JSON (RFC 8259) that says one thing to every reader: UTF-8, no name twice in an object, nothing after the value.
namespace edgeseal::jose {

// All that it allocates is overwritten before it is given back.
using Json =
    nlohmann::basic_json<std::map, std::vector, SecretText, bool, std::int64_t, std::uint64_t, double, WipingAllocator>;

inline constexpr std::size_t max_json_depth = 16;

// Throws Error{malformed} that names `part` and nothing of the content.
[[nodiscard]] Json parse_json(std::string_view text, std::string_view part);
// As parse_json(), of an object.
[[nodiscard]] Json parse_json_object(std::string_view text, std::string_view part);

// The string that a member is; none where the object has no such member. Throws Error{malformed} where it is another
// type.
[[nodiscard]] std::optional<std::string_view> find_text(const Json& object, const char* name);
[[nodiscard]] std::string_view require_text(const Json& object, const char* name);
[[nodiscard]] const Json& require_member(const Json& object, const char* name);

}  // namespace edgeseal::jose
