#include "agent/configuration/configuration_table.h"

#include "agent/configuration/nearest_name.h"

namespace edgeseal::agent {

toml::table parse_toml(const std::string& path, const std::string& text, ConfigurationProblems& problems) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    problems.add({path, std::max(error.source().begin.line, toml::source_index{1}), std::string(error.description())});
    return {};
  }
}

void ConfigurationTable::require_all_known() const {
  for (const auto& [key, node] : table_) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    const std::string meant = nearest_name(key.str(), known_);
    const std::string hint = meant.empty() ? "" : fmt::format("did you mean \"{}\"? ", meant);
    note(node, fmt::format("unknown key \"{:.64}\"; {}known here: {}", key.str(), hint, fmt::join(known_, ", ")),
         Kind::form);
  }
}

}  // namespace edgeseal::agent
