#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbus/ctl/doctor/check.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {

// One line per check, with what was found and its fix below it; and a sum.
[[nodiscard]] std::string report_text(const std::vector<Examined>& all, Table::Style style);
[[nodiscard]] nlohmann::json to_json(const std::vector<Examined>& all);

}  // namespace edgeseal::ctl
