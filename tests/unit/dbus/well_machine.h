#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbus/ctl/doctor/check.h"

namespace edgeseal::ctl {

// What the doctor sees of a machine on which every check is well: nginx has its key and certificate from web/https.
[[nodiscard]] Facts well();

// What may become of it.
inline constexpr const char* kNotRunning = "the agent is not running";
inline constexpr const char* kSlot = "/applications/0/groups/https/slots/0/certificate";  // in the description
// `pointer`: a JSON pointer into the description.
[[nodiscard]] std::function<void(Facts&)> says(const char* pointer, const nlohmann::json& value);
void damage_certificate(Facts& facts);
[[nodiscard]] UnitState gone();
[[nodiscard]] Job job_of(const std::string& state, const std::string& error_class);
[[nodiscard]] std::uint64_t microseconds_of(std::chrono::sys_seconds time);

// What the check found, which has to be among them.
[[nodiscard]] const Examined& find(const std::vector<Examined>& all, const std::string& check);

}  // namespace edgeseal::ctl
