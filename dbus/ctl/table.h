#pragma once

#include <string>
#include <vector>

namespace edgeseal::ctl {

enum class Colour { Plain, Good, Warning };

// Columns as wide as their widest cell, two spaces between, no blanks at the end of a line.
class Table {
 public:
  explicit Table(std::vector<std::string> head = {}) : head_(std::move(head)) {}

  // `last`: the colour of the last cell.
  void add(std::vector<std::string> cells, Colour last = Colour::Plain) { rows_.push_back({std::move(cells), last}); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // `style`: with a bold head and colours, as on a terminal.
  enum class Style { Plain, Terminal };
  [[nodiscard]] std::string text(Style style) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Colour last;
  };

  [[nodiscard]] std::vector<size_t> widths() const;

  std::vector<std::string> head_;
  std::vector<Row> rows_;
};

// Text from elsewhere made safe for a terminal: what isn't printable becomes "?".
[[nodiscard]] std::string printable(const std::string& text);

// "-" where there is none.
[[nodiscard]] std::string or_dash(const std::string& text);
[[nodiscard]] std::string or_dash(const std::vector<std::string>& texts);

[[nodiscard]] std::string joined(const std::vector<std::string>& texts);

}  // namespace edgeseal::ctl
