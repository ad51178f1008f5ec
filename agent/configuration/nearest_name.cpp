#include "agent/configuration/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_name_size = 64;  // longer ones are no typing mistakes

// Levenshtein: how many letters have to be changed, put in or taken out. One row of the table at a time.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({changed, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  if (name.empty() || name.size() > max_name_size || known.empty()) return {};
  const auto nearest = std::ranges::min_element(known, {}, [&](const std::string& one) { return distance(name, one); });
  return distance(name, *nearest) * 3 <= std::max(name.size(), nearest->size()) + 2 ? *nearest : std::string();
}

}  // namespace edgeseal::agent
