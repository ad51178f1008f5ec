#include "dbus/ctl/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbus/printable_text.h"

namespace edgeseal::ctl {
namespace {

// Code points: good enough for names; the bytes that continue a UTF-8 sequence don't count.
size_t width(const std::string& text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string styled(const std::string& text, const char* code) {
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

std::string coloured(const std::string& text, Colour colour) {
  switch (colour) {
    case Colour::Good: return styled(text, "32");
    case Colour::Warning: return styled(text, "33");
    default: return text;
  }
}

std::string line(const std::vector<std::string>& cells, const std::vector<size_t>& widths, Colour last) {
  if (cells.empty()) return "";
  std::string text;
  for (size_t i = 0; i + 1 < cells.size(); ++i) {
    const std::string cell = printable(cells[i]);
    text += cell + std::string(widths[i] + 2 - width(cell), ' ');
  }
  text += coloured(printable(cells.back()), last);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

std::vector<size_t> Table::widths() const {
  std::vector<size_t> widest;
  const auto widen = [&](const std::vector<std::string>& cells) {
    widest.resize(std::max(widest.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) widest[i] = std::max(widest[i], width(printable(cells[i])));
  };
  widen(head_);
  for (const auto& row : rows_) widen(row.cells);
  return widest;
}

std::string Table::text(Style style) const {
  const auto columns = widths();
  const bool terminal = style == Style::Terminal;
  std::string text;
  if (!head_.empty()) {
    const auto head = line(head_, columns, Colour::Plain);
    text += (terminal ? styled(head, "1") : head) + "\n";
  }
  for (const auto& row : rows_) text += line(row.cells, columns, terminal ? row.last : Colour::Plain) + "\n";
  return text;
}

std::string printable(const std::string& text) {
  return dbus::made_printable(text);
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string or_dash(const std::vector<std::string>& texts) {
  return or_dash(joined(texts));
}

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace edgeseal::ctl
