#include "agent/configuration/configuration_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "agent/configuration/agent_account.h"
#include "agent/error.h"
#include "policy/error.h"
#include "policy/trusted_path.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_file_size = 256 * 1024;
constexpr std::size_t max_files = 1000;

// Names that begin with a dot are what editors and deployment tools have beside the file that they write.
bool is_configuration(const std::filesystem::path& path) {
  return path.extension() == ".toml" && !path.filename().native().starts_with('.');
}

}  // namespace

std::string read_configuration_file(const std::string& path, const std::string& image) {
  require_readable(path, image);
  try {
    return policy::read_trusted_file(path, ::geteuid(), max_file_size);
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
}

std::vector<std::string> configuration_files(const std::string& directory, const std::string& image) {
  if (is_missing(directory)) return {};
  require_readable(directory, image);
  try {
    (void)policy::open_trusted_directory(directory, ::geteuid());
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (is_configuration(entry.path())) files.push_back(entry.path());
  if (files.size() > max_files)
    throw Error(Code::invalid_argument, fmt::format("{}: more than {} files", directory, max_files));
  std::ranges::sort(files);
  return files;
}

bool is_missing(const std::string& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::not_found;
}

}  // namespace edgeseal::agent
