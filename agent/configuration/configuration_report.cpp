#include "agent/configuration/configuration_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "agent/configuration/configuration_check.h"

namespace edgeseal::agent {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Without what openat2(2) is not to follow, and a slash at the end.
std::string plain(const std::string& path) {
  std::string text = fs::absolute(path).lexically_normal();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

void check(const std::string& path, const std::string& root, ConfigurationProblems& problems) {
  const ConfigurationSurroundings surroundings = root.empty() ? this_machine() : image(root);
  std::error_code error;
  if (fs::is_directory(path, error))
    return (void)read_whole_configuration({path + "/edgeseal.toml", true}, surroundings, problems);
  check_file(path, surroundings, problems);
}

std::string installed() {
  return fs::path(default_configuration_path).parent_path();
}

// Nothing where it is this machine.
std::string image_root(const std::string& root) {
  return root.empty() || plain(root) == "/" ? "" : plain(root);
}

json shown(const ConfigurationProblem& problem) {
  return {
      {"file", problem.file}, {"line", problem.line}, {"severity", kind_name(problem.kind)}, {"message", problem.text}};
}

}  // namespace

std::string report_configuration(const std::vector<std::string>& paths, const std::string& root) {
  const std::string below = image_root(root);
  ConfigurationProblems problems;
  for (const std::string& path : paths) check(plain(path), below, problems);
  if (paths.empty()) check(below + installed(), below, problems);
  json all = json::array();
  for (const ConfigurationProblem& problem : problems.all()) all.push_back(shown(problem));
  return json{{"problems", all}, {"good", !problems.has_errors()}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_installed(const std::vector<std::string>& paths, const std::string& root) {
  return image_root(root).empty() && std::ranges::all_of(paths, [](const std::string& path) {
           return (plain(path) + "/").starts_with(installed() + "/");
         });
}

}  // namespace edgeseal::agent
