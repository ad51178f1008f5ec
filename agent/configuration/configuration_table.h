#pragma once

#include <fmt/format.h>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "agent/configuration/configuration_problems.h"
#include "agent/error.h"

namespace edgeseal::agent {

// Adds what is no TOML to the problems, and is empty then; `path` is what messages name.
[[nodiscard]] toml::table parse_toml(const std::string& path, const std::string& text, ConfigurationProblems& problems);

// One table of a file: every key is asked for once, what nobody asked for is refused. Mistakes are collected, each with
// its line; a value with a mistake stays as it was.
class ConfigurationTable {
 public:
  using Kind = ConfigurationProblem::Kind;

  ConfigurationTable(const std::string& path, const toml::table& table, ConfigurationProblems& problems)
      : path_(path), table_(table), problems_(problems) {}

  void read(std::string_view key, std::string& value) {
    section([&] {
      if (const toml::node* node = find(key)) value = text(*node, key);
    });
  }

  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void read(std::string_view key, Number& value, std::int64_t least = 1,
                                                  std::int64_t most = 1'000'000) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < least || *number > most)
      return note(*node, fmt::format("{} must be a number from {} to {}", key, least, most), Kind::form);
    value = static_cast<Number>(*number);
  }

  void read(std::string_view key, std::vector<std::string>& values) {
    section([&] {
      const toml::node* node = find(key);
      if (node == nullptr) return;
      const toml::array* array = node->as_array();
      if (array == nullptr) refuse_node(*node, fmt::format("{} must be a list of texts", key), Kind::form);
      std::vector<std::string> texts;
      for (const toml::node& element : *array) texts.push_back(text(element, key));
      values = std::move(texts);
    });
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
    if (!flag) return note(*node, fmt::format("{} must be true or false", key), Kind::form);
    value = *flag;
  }

  template <class Read>
  void read_table(std::string_view key, const Read& read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (!node->is_table()) return note(*node, fmt::format("{} must be a table: [{}]", key, key), Kind::form);
    read_nested(*node->as_table(), read);
  }
  // Each [[key]] of them.
  template <class Read>
  void read_tables(std::string_view key, const Read& read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_homogeneous(toml::node_type::table))
      return note(*node, fmt::format("{} must be a list of tables: [[{}]]", key, key), Kind::form);
    for (const toml::node& element : *array) read_nested(*element.as_table(), read);
  }
  // Each [key.NAME]; `read` is told the name.
  template <class Read>
  void read_named_tables(std::string_view key, const Read& read) {
    read_table(key, [&](ConfigurationTable& table) {
      for (const auto& [name, node] : table.table_)
        table.read_table(name.str(), [&, &name = name](ConfigurationTable& nested) { read(name.str(), nested); });
    });
  }

  // `problem` names cause and remedy; it is told with the line of the key, or of the table where the key is absent. The
  // rest of the section is left.
  [[noreturn]] void refuse(std::string_view key, const std::string& problem) const {
    refuse_node(node_of(key), problem, Kind::meaning);
  }
  // The same, and what follows is looked at nevertheless.
  void note(std::string_view key, const std::string& problem, Kind kind = Kind::meaning) const {
    note(node_of(key), problem, kind);
  }
  // What a leaf or another parser says of the value of a key; where it refuses, an empty value takes its place.
  template <class Function>
  auto judge(std::string_view key, const Function& function, Kind kind = Kind::meaning) const {
    using Value = std::invoke_result_t<Function>;
    try {
      return function();
    } catch (const Error& error) {
      note(node_of(key), error.what(), kind);
      if constexpr (!std::is_void_v<Value>) return Value{};
    }
  }
  // The same, where what follows has no sense without it.
  template <class Function>
  auto need(std::string_view key, const Function& function) const {
    try {
      return function();
    } catch (const Error& error) {
      refuse(key, error.what());
    }
  }
  // Ends at what is refused in it.
  template <class Function>
  void section(const Function& function) const {
    try {
      function();
    } catch (const Refused&) {
    }
  }
  [[nodiscard]] bool has(std::string_view key) const { return table_.get(key) != nullptr; }
  // That of the key, or of the table where the key is absent; for what only another file shows to be a mistake.
  [[nodiscard]] unsigned line(std::string_view key) const { return line_of(node_of(key)); }

  void require_all_known() const;

 private:
  struct Refused {};  // it is among the problems

  template <class Read>
  void read_nested(const toml::table& nested, const Read& read) const {
    ConfigurationTable table(path_, nested, problems_);
    section([&] { read(table); });
    table.require_all_known();
  }

  const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
  }
  [[nodiscard]] const toml::node& node_of(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node == nullptr ? table_ : *node;
  }

  static unsigned line_of(const toml::node& node) { return std::max(node.source().begin.line, toml::source_index{1}); }
  void note(const toml::node& node, const std::string& problem, Kind kind) const {
    problems_.add({path_, line_of(node), problem, kind});
  }
  [[noreturn]] void refuse_node(const toml::node& node, const std::string& problem, Kind kind) const {
    note(node, problem, kind);
    throw Refused{};
  }

  std::string text(const toml::node& node, std::string_view key) const {
    const auto value = node.value_exact<std::string>();
    if (!value) refuse_node(node, fmt::format("{} must be text in quotes", key), Kind::form);
    if (value->find('\0') != std::string::npos)
      refuse_node(node, fmt::format("{} holds a NUL character: take it out", key), Kind::form);
    return *value;
  }

  const std::string& path_;
  const toml::table& table_;
  ConfigurationProblems& problems_;
  std::vector<std::string> known_;
};

}  // namespace edgeseal::agent
