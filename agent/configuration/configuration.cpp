#include "agent/configuration/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "agent/configuration/application_file.h"
#include "agent/configuration/approval_files.h"
#include "agent/configuration/configuration_files.h"
#include "agent/configuration/main_file.h"
#include "agent/error.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// Where others may write the directory, nothing in it is read.
template <class Read>
void read_directory(const std::filesystem::path& directory, ConfigurationProblems& problems, const Read& read) {
  try {
    read(directory);
  } catch (const Error& error) {
    problems.add({directory, 0, error.what()});
  }
}

void log_mistake(const ConfigurationProblem& problem) {
  log(Level::error, Event::configuration_not_in_force,
      fmt::format("the agent starts with a mistake in its configuration: {}", problem.told()),
      {{"ORIGIN", problem.file}});
}

}  // namespace

Configuration read_configuration(const ConfigurationPlace& place, const ConfigurationSurroundings& surroundings,
                                 ConfigurationProblems& problems) {
  const std::string& path = place.path;
  Configuration configuration;
  configuration.path = path;
  if (const char* directory = std::getenv("STATE_DIRECTORY")) configuration.state_directory = directory;
  if (!place.may_be_missing || !is_missing(path)) read_main_file(path, surroundings, configuration, problems);
  const auto directory = std::filesystem::path(path).parent_path();
  read_directory(directory / "applications.d", problems, [&](const std::string& applications) {
    for (const std::string& file : configuration_files(applications, surroundings.root))
      read_application_file(file, surroundings, configuration.declared, problems);
  });
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY"))
    configuration.enrolment.credentials_directory = credentials;
  return configuration;
}

Configuration load_configuration(const std::string& given_path) {
  const std::string path = std::filesystem::absolute(given_path);
  ConfigurationProblems found, fatal;
  Configuration configuration = read_configuration({path, path == default_configuration_path}, any_machine(), found);
  for (const ConfigurationProblem& problem : found.all()) {
    if (problem.kind == ConfigurationProblem::Kind::form)
      fatal.add(problem);
    else
      log_mistake(problem);
  }
  fatal.require_no_errors();
  const auto directory = std::filesystem::path(path).parent_path();
  configuration.declared.profiles = load_profiles(directory / "enrolment.d");
  configuration.enrolment.profiles = configuration.declared.profiles;
  ConfigurationProblems of_approvals;
  configuration.declared.approvals =
      read_approval_files(directory / "pcr-approvals.d", {configuration.pcr_authority}, of_approvals);
  std::ranges::for_each(of_approvals.all(), log_mistake);
  return configuration;
}

}  // namespace edgeseal::agent
