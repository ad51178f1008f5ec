#include "agent/configuration/configuration_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "agent/configuration/application_file.h"
#include "agent/configuration/approval_files.h"
#include "agent/configuration/main_file.h"

namespace edgeseal::agent {

namespace {

std::string with_slash(const DeclaredDirectory& directory) {
  return directory.path + "/";
}

// The name of an application is that of its file.
void note_adopted(const DeclaredDirectory& directory, const std::string& text, const Declarations& declared,
                  ConfigurationProblems& problems) {
  const auto application = std::ranges::find(declared.applications, directory.application, &ApplicationRecord::name);
  problems.add({application->origin, directory.line, text, ConfigurationProblem::Kind::meaning});
}

// In this order, what is within a directory follows it.
void require_apart(const Declarations& declared, ConfigurationProblems& problems) {
  std::vector<DeclaredDirectory> directories(declared.directories);
  std::ranges::stable_sort(directories, {}, with_slash);
  const DeclaredDirectory* outer = nullptr;
  for (const DeclaredDirectory& directory : directories) {
    if (outer == nullptr || !with_slash(directory).starts_with(with_slash(*outer)))
      outer = &directory;
    else if (directory.path == outer->path)
      note_adopted(directory, fmt::format("adopt: {:.200} is adopted twice: leave one of them", directory.path),
                   declared, problems);
    else
      note_adopted(directory,
                   fmt::format("adopt: {:.200} is within {:.200}, which is adopted, too: leave one of them",
                               directory.path, outer->path),
                   declared, problems);
  }
}

void read_profiles(const ConfigurationPlace& place, const ConfigurationSurroundings& surroundings,
                   Configuration& configuration, ConfigurationProblems& problems) {
  const auto parent = std::filesystem::path(place.path).parent_path(), directory = parent / "enrolment.d";
  const ProfileSource source{.root = surroundings.root,
                             .applications = parent / "applications.d",
                             .declared = configuration.declared.applications};
  try {
    for (const std::string& path : profile_paths(directory, surroundings.root)) {
      EnrolmentProfile profile = read_profile(path, source, problems);
      configuration.declared.profiles.push_back({profile.name, std::move(profile), {}});
    }
  } catch (const Error& error) {
    problems.add({directory, 0, error.what()});
  }
}

}  // namespace

Configuration read_whole_configuration(const ConfigurationPlace& place, const ConfigurationSurroundings& surroundings,
                                       ConfigurationProblems& problems) {
  Configuration configuration = read_configuration(place, surroundings, problems);
  require_apart(configuration.declared, problems);
  read_profiles(place, surroundings, configuration, problems);
  configuration.declared.approvals =
      read_approval_files(std::filesystem::path(place.path).parent_path() / "pcr-approvals.d",
                          {configuration.pcr_authority, surroundings.root}, problems);
  return configuration;
}

void check_file(const std::string& path, const ConfigurationSurroundings& surroundings,
                ConfigurationProblems& problems) {
  const std::string directory = std::filesystem::path(path).parent_path().filename();
  Configuration configuration;
  if (directory == "enrolment.d") return (void)read_profile(path, {.root = surroundings.root}, problems);
  if (directory == "pcr-approvals.d")  // nothing says here whose the signature has to be
    return (void)read_approval_file(path, {Bytes{}, surroundings.root}, problems);
  if (directory == "applications.d") {
    read_application_file(path, surroundings, configuration.declared, problems);
    return require_apart(configuration.declared, problems);
  }
  read_main_file(path, surroundings, configuration, problems);
}

}  // namespace edgeseal::agent
