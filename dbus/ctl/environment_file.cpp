#include "dbus/ctl/environment_file.h"

#include <glob.h>

#include <optional>
#include <sstream>

#include "dbus/ctl/files.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view without_quotes(std::string_view value) {
  const bool is_quoted = value.size() > 1 && (value.front() == '"' || value.front() == '\'');
  return is_quoted && value.back() == value.front() ? value.substr(1, value.size() - 2) : value;
}

std::vector<std::string> files_of(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return files;
}

// Of a line that assigns to it.
std::optional<std::string_view> value_in(std::string_view line, std::string_view variable) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != variable) return std::nullopt;
  return without_quotes(trimmed(line.substr(equals + 1)));
}

}  // namespace

std::vector<EnvironmentAssignment> assignments_in(const std::vector<std::string>& patterns, std::string_view variable) {
  std::vector<EnvironmentAssignment> all;
  for (const auto& pattern : patterns) {
    for (const auto& file : files_of(pattern)) {
      std::istringstream lines(read_file(file));
      for (std::string line; std::getline(lines, line);)
        if (const auto value = value_in(line, variable))
          all.push_back({file, std::string(variable) + "=" + std::string(*value)});
    }
  }
  return all;
}

}  // namespace edgeseal::ctl
