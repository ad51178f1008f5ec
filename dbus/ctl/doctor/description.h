#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "dbus/ctl/doctor/check.h"

namespace edgeseal::ctl {

// Of what the agent says, whatever that is: what isn't there, or is of another type, is empty.
[[nodiscard]] nlohmann::json member_of(const nlohmann::json& object, const char* name);
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);

// Of what the agent describes. Null: there is no such application, or nothing is known.
[[nodiscard]] nlohmann::json application_of(const Facts& facts, const std::string& name);

// `name`: "web/https". None where nothing is known.
void for_each_group(const Facts& facts,
                    const std::function<void(const std::string& name, const nlohmann::json& group)>& visit);

// For checks of what is not known.
template <class T>
[[nodiscard]] Findings not_seen(const Known<T>& fact) {
  return {{Verdict::NotSeen, fact.why_not, ""}};
}

// A metric without labels.
[[nodiscard]] std::optional<double> sample_of(const Facts& facts, const std::string& name);

}  // namespace edgeseal::ctl
