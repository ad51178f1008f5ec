#include "agent/configuration/configuration_problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using Kind = ConfigurationProblem::Kind;

bool is_error(const ConfigurationProblem& problem) {
  return problem.kind != Kind::warning;
}

}  // namespace

std::string ConfigurationProblem::told() const {
  if (line > 0) return fmt::format("{}:{}: {}", file, line, text);
  return text.starts_with('/') ? text : fmt::format("{}: {}", file, text);
}

std::string_view kind_name(Kind kind) {
  return kind == Kind::warning ? "warning" : "error";
}

void ConfigurationProblems::add_file(const ConfigurationProblems& file) {
  const auto end = all_.insert(all_.end(), file.all_.begin(), file.all_.end());
  std::stable_sort(end, all_.end(), [](const auto& one, const auto& other) { return one.line < other.line; });
}

bool ConfigurationProblems::has_errors() const {
  return std::ranges::any_of(all_, is_error);
}

void ConfigurationProblems::require_no_errors() const {
  std::string text;
  for (const ConfigurationProblem& problem : all_)
    if (is_error(problem)) text += (text.empty() ? "" : "\n") + problem.told();
  if (!text.empty()) throw Error(Code::invalid_argument, text);
}

}  // namespace edgeseal::agent
