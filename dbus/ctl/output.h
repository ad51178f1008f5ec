#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "dbus/ctl/table.h"

namespace edgeseal::ctl {

// Where results go: tables for people, one JSON value for programs (--json).
class Output {
 public:
  [[nodiscard]] bool json() const { return json_; }
  bool& json_flag() { return json_; }

  void print(const Table& table) const;
  void print(std::string_view text) const;
  void print_json(const nlohmann::json& value) const;

 private:
  bool json_ = false;
};

// stdout is a terminal and NO_COLOR is unset (https://no-color.org).
[[nodiscard]] bool wants_colour();

}  // namespace edgeseal::ctl
