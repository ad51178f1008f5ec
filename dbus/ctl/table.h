#pragma once

#include <string>
#include <vector>

namespace edgeseal::ctl {

// Columns as wide as their widest cell, two spaces between, no blanks at the end of a line.
class Table {
 public:
  explicit Table(std::vector<std::string> head = {}) : head_(std::move(head)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // `emphasis`: the head stands out, as on a terminal.
  [[nodiscard]] std::string text(bool emphasis) const;

 private:
  [[nodiscard]] std::vector<size_t> widths() const;

  std::vector<std::string> head_;
  std::vector<std::vector<std::string>> rows_;
};

// Text from elsewhere made safe for a terminal: control characters become "?".
[[nodiscard]] std::string printable(const std::string& text);

[[nodiscard]] std::string joined(const std::vector<std::string>& texts);

}  // namespace edgeseal::ctl
