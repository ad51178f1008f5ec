#include "dbus/ctl/staged_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostFiles = 256;
constexpr std::array<std::string_view, 5> kEndings = {".xml", ".pem", ".crt", ".cer", ".der"};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_staged_file(const std::filesystem::directory_entry& entry) {
  return std::ranges::find(kEndings, lower(entry.path().extension())) != kEndings.end() &&
         entry.symlink_status().type() == std::filesystem::file_type::regular;
}

void refuse(const std::filesystem::path& file, const Failure& failure,
            const std::function<void(const std::string&)>& tell) {
  std::filesystem::path aside = file;
  aside += ".refused";
  std::filesystem::rename(file, aside);
  tell(file.string() + " is refused and renamed to " + aside.filename().string() + ": " + failure.what());
}

}  // namespace

std::vector<std::filesystem::path> staged_files_in(const std::filesystem::path& directory) {
  try {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (!is_staged_file(entry)) continue;
      if (files.size() == kMostFiles)
        throw Failure(ExitCode::Usage, directory.string() + " has more files than are taken at once");
      files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  } catch (const std::filesystem::filesystem_error& error) {
    throw Failure(ExitCode::Usage, "cannot read " + directory.string() + ": " + error.code().message());
  }
}

void require_drop_folder(const std::filesystem::path& directory) {
  struct stat found {};
  if (lstat(directory.c_str(), &found) != 0)
    throw Failure(ExitCode::Usage, "cannot read " + directory.string() + ": " + std::strerror(errno));
  if (!S_ISDIR(found.st_mode) || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
      (found.st_uid != 0 && found.st_uid != geteuid()))
    throw Failure(ExitCode::Usage, directory.string() + " is no directory that its owner alone writes",
                  "chown root: " + directory.string() + " && chmod 0700 " + directory.string());
}

size_t empty_drop_folder(const std::filesystem::path& directory,
                         const std::function<void(const std::filesystem::path&)>& stage,
                         const std::function<void(const std::string& line)>& tell) {
  require_drop_folder(directory);
  size_t refused = 0;
  for (const auto& file : staged_files_in(directory)) {
    try {
      stage(file);
      std::filesystem::remove(file);
      tell(file.string() + " is staged");
    } catch (const Failure& failure) {
      if (failure.code == ExitCode::NotReachable) throw;
      refuse(file, failure, tell);
      ++refused;
    }
  }
  return refused;
}

}  // namespace edgeseal::ctl
