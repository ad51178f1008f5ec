#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace edgeseal::ctl {

using PcrValues = std::map<std::uint32_t, std::vector<uint8_t>>;

// All throw Failure (Usage) that quotes what is wrong.

// "0+7"; the agent judges whether they exist.
[[nodiscard]] std::vector<std::uint32_t> parse_pcrs(const std::string& text);
// "7=HEX", the value hexadecimal.
[[nodiscard]] PcrValues parse_pcr_value(const std::string& text);
// {"7": "HEX"}, as `pcr show --json` prints it.
[[nodiscard]] PcrValues parse_pcr_json(const std::string& content, const std::string& origin);

[[nodiscard]] nlohmann::json to_json(const PcrValues& values);
// What stands in pcr-approvals.d/NAME.toml: edgeseal.toml(5).
[[nodiscard]] std::string to_toml(const PcrValues& values, const std::string& signature);

}  // namespace edgeseal::ctl
