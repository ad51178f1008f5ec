#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

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

// `to_json`: of an item.
template <class Item>
[[nodiscard]] nlohmann::json json_list(const std::vector<Item>& items,
                                       nlohmann::json (*to_json)(const std::type_identity_t<Item>&)) {
  auto list = nlohmann::json::array();
  for (const Item& item : items) list.push_back(to_json(item));
  return list;
}

// As print_json() prints it.
[[nodiscard]] std::string json_text(const nlohmann::json& value);
// For people: nothing in it but ASCII.
[[nodiscard]] std::string indented_json_text(const nlohmann::json& value);

// A problem, and what to do about it where that is not empty, to the standard error.
void complain(const std::string& problem, const std::string& remedy = "");

// What is no error, but should be known, to the standard error.
void warn(const std::string& warning);

// stdout is a terminal and NO_COLOR is unset (https://no-color.org).
[[nodiscard]] bool wants_colour();

}  // namespace edgeseal::ctl
