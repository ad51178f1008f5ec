#include "dbus/ctl/staged_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostFiles = 256;
constexpr std::array<std::string_view, 5> kEndings = {".xml", ".pem", ".crt", ".cer", ".der"};
constexpr std::array<std::string_view, 5> kPassing = {"ServerTooBusy", "ResourceUnavailable", "TransactionPending",
                                                      "TooManyOperations", "LimitsExceeded"};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has_ending(const std::filesystem::path& path) {
  return std::ranges::find(kEndings, lower(path.extension())) != kEndings.end();
}

bool is_regular(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() == std::filesystem::file_type::regular;
}

// Says nothing about the file, and passes.
bool is_passing(const Failure& failure) {
  return failure.code == ExitCode::NotReachable || std::ranges::find(kPassing, failure.kind) != kPassing.end();
}

FileOutcome outcome_of(const std::filesystem::path& file, const Stage& stage) {
  try {
    stage(file);
    return {.file = file};
  } catch (const Failure& failure) {
    return {.file = file,
            .result = is_passing(failure) ? ExitCode::NotReachable : ExitCode::Refused,
            .problem = failure.what() + (failure.remedy.empty() ? "" : "; " + failure.remedy)};
  }
}

void put_away(FileOutcome& outcome) {
  if (outcome.result == ExitCode::Ok) std::filesystem::remove(outcome.file);
  if (outcome.result != ExitCode::Refused) return;
  std::filesystem::path aside = outcome.file;
  aside += ".refused";
  std::error_code error;
  std::filesystem::rename(outcome.file, aside, error);
  if (error)  // not as refused: the service tries again, after a while
    throw Failure(ExitCode::Usage, "cannot rename " + outcome.file.string() + ": " + error.message(),
                  "remove " + aside.string());
  outcome.renamed_to = aside.filename().string();
}

// Whatever has one of the endings.
std::vector<std::filesystem::path> candidates_in(const std::filesystem::path& directory) {
  try {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (!has_ending(entry.path())) continue;
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

}  // namespace

std::vector<std::filesystem::path> staged_files_in(const std::filesystem::path& directory) {
  auto files = candidates_in(directory);
  std::erase_if(files, [](const auto& file) { return !is_regular(file); });
  return files;
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

ExitCode stage_files(const std::vector<std::filesystem::path>& files, const Stage& stage, const TellOutcome& tell) {
  ExitCode worst = ExitCode::Ok;
  for (const auto& file : files) {
    const FileOutcome outcome = outcome_of(file, stage);
    tell(outcome);
    worst = std::max(worst, outcome.result);
    if (worst == ExitCode::NotReachable) break;
  }
  return worst;
}

ExitCode empty_drop_folder(const std::filesystem::path& directory, const Stage& stage, const TellOutcome& tell) {
  require_drop_folder(directory);
  const auto stage_regular = [&](const std::filesystem::path& file) {
    if (!is_regular(file)) throw Failure(ExitCode::Refused, "it is no regular file; copy the file itself there");
    stage(file);
  };
  return stage_files(candidates_in(directory), stage_regular, [&](FileOutcome outcome) {
    put_away(outcome);
    tell(outcome);
  });
}

}  // namespace edgeseal::ctl
