#include "audit/removals.h"

#include <algorithm>

#include "audit/error.h"

namespace edgeseal::audit {

namespace {

bool speaks_of_itself(std::string_view line) {
  return line.find(kind_removed) != std::string_view::npos || line.find(kind_broken) != std::string_view::npos;
}

}  // namespace

bool is_first_of_all(const Line& line) {
  return line.entry.sequence == 1 && line.previous == Hash{};
}

void Removals::note(const Line& line) {
  const Entry& entry = line.entry;
  if (entry.kind == kind_broken) broken_ = broken_ == 0 ? entry.sequence : std::min(broken_, entry.sequence);
  if (entry.kind != kind_removed || !entry.fields.contains("last") || !entry.fields.contains("hash")) return;
  std::uint64_t& by = told_[{number_in(entry, "last"), entry.fields.at("hash")}];
  by = by == 0 ? entry.sequence : std::min(by, entry.sequence);
}

void Removals::note(const std::string& name, std::string_view content) {
  for (std::size_t end = 0; (end = content.find('\n')) != std::string_view::npos; content.remove_prefix(end + 1)) {
    const std::string_view line = content.substr(0, end);
    try {
      if (speaks_of_itself(line)) note(read_line(name, line));
    } catch (const Error&) {  // the verification names it
    }
  }
}

std::uint64_t Removals::told(const Line& first) const {
  const auto found = told_.find({first.entry.sequence - 1, to_text(first.previous)});
  return found == told_.end() ? 0 : found->second;
}

bool Removals::account_for(const Line& first, std::uint64_t sealed) const {
  const std::uint64_t by = told(first);
  return is_first_of_all(first) || (by != 0 && by <= sealed);
}

}  // namespace edgeseal::audit
