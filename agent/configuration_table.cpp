#include "agent/configuration_table.h"

namespace edgeseal::agent {

toml::table parse_toml(const std::string& path, const std::string& text) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw Error(Code::invalid_argument, fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
}

}  // namespace edgeseal::agent
