#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {

// Files of staged certificates in a directory: *.xml, *.pem, *.crt, *.cer and *.der, by name, which are regular files.
// Throws Failure (Usage) where it can't be read.
[[nodiscard]] std::vector<std::filesystem::path> staged_files_in(const std::filesystem::path& directory);

// A folder into which root alone puts files. Throws Failure (Usage) where others may write into it.
void require_drop_folder(const std::filesystem::path& directory);

// What became of a file.
struct FileOutcome {
  std::filesystem::path file;
  ExitCode result = ExitCode::Ok;  // Ok: it is staged; Refused; NotReachable: it can't be taken now, whatever is in it
  std::string problem{};
  std::string renamed_to{};  // empty: it was not renamed
};
using Stage = std::function<void(const std::filesystem::path&)>;
using TellOutcome = std::function<void(const FileOutcome&)>;

// Each file is handed to `stage`, which throws Failure, up to the first that can't be taken now. Answers with the worst
// result; `tell` hears what became of each.
ExitCode stage_files(const std::vector<std::filesystem::path>& files, const Stage& stage, const TellOutcome& tell);

// The same for the files of the folder: what was taken is removed, what was refused or is no regular file is renamed to
// NAME.refused, and the rest stays. Throws Failure (Usage) where that can't be done.
ExitCode empty_drop_folder(const std::filesystem::path& directory, const Stage& stage, const TellOutcome& tell);

}  // namespace edgeseal::ctl
