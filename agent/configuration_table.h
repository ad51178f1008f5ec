#pragma once

#include <fmt/format.h>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "agent/error.h"

namespace edgeseal::agent {

// `path` is what messages name. Throws Error{invalid_argument} with the line.
[[nodiscard]] toml::table parse_toml(const std::string& path, const std::string& text);

// One table of a file: every key is asked for once, what nobody asked for is refused.
class ConfigurationTable {
 public:
  ConfigurationTable(const std::string& path, const toml::table& table) : path_(path), table_(table) {}

  void read(std::string_view key, std::string& value) {
    if (const toml::node* node = find(key)) value = text(*node, key);
  }

  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void read(std::string_view key, Number& value, std::int64_t least = 1,
                                                  std::int64_t most = 1'000'000) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < least || *number > most)
      refuse_node(*node, fmt::format("{} must be a number from {} to {}", key, least, most));
    value = static_cast<Number>(*number);
  }

  void read(std::string_view key, std::vector<std::string>& values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) refuse_node(*node, fmt::format("{} must be a list of texts", key));
    values.clear();
    for (const toml::node& element : *array) values.push_back(text(element, key));
  }

  // In seconds.
  template <class Duration>
  void read_seconds(std::string_view key, Duration& value, std::int64_t most = 1'000'000) {
    auto count = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(value).count());
    read(key, count, 0, most);
    value = std::chrono::seconds(count);
  }

  void read(std::string_view key, bool& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto flag = node->value_exact<bool>();
    if (!flag) refuse_node(*node, fmt::format("{} must be true or false", key));
    value = *flag;
  }

  template <class Read>
  void read_table(std::string_view key, const Read& read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (!node->is_table()) refuse_node(*node, fmt::format("{} must be a table: [{}]", key, key));
    ConfigurationTable table(path_, *node->as_table());
    read(table);
    table.require_all_known();
  }

  // `problem` names cause and remedy; it is told with the line of the key, or of the table where the key is absent.
  [[noreturn]] void refuse(std::string_view key, const std::string& problem) const {
    const toml::node* node = table_.get(key);
    refuse_node(node == nullptr ? table_ : *node, problem);
  }
  // What a leaf or another parser says of the value of a key.
  template <class Function>
  auto judge(std::string_view key, const Function& function) const {
    try {
      return function();
    } catch (const Error& error) {
      refuse(key, error.what());
    }
  }
  [[nodiscard]] bool has(std::string_view key) const { return table_.get(key) != nullptr; }

  void require_all_known() const {
    for (const auto& [key, node] : table_)
      if (std::ranges::find(known_, key.str()) == known_.end())
        refuse_node(node, fmt::format("unknown key \"{}\"; known here: {}", key.str(), fmt::join(known_, ", ")));
  }

 private:
  const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  [[noreturn]] void refuse_node(const toml::node& node, const std::string& problem) const {
    throw Error(Code::invalid_argument, fmt::format("{}:{}: {}", path_, node.source().begin.line, problem));
  }

  std::string text(const toml::node& node, std::string_view key) const {
    const auto value = node.value_exact<std::string>();
    if (!value) refuse_node(node, fmt::format("{} must be text in quotes", key));
    return *value;
  }

  const std::string& path_;
  const toml::table& table_;
  std::vector<std::string> known_;
};

}  // namespace edgeseal::agent
