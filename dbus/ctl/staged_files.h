#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// Files of staged certificates in a directory: *.xml, *.pem, *.crt, *.cer and *.der, by name, which are no symbolic
// links. Throws Failure (Usage) where it can't be read.
[[nodiscard]] std::vector<std::filesystem::path> staged_files_in(const std::filesystem::path& directory);

// A folder into which root alone puts files. Throws Failure (Usage) where others may write into it.
void require_drop_folder(const std::filesystem::path& directory);

// Each file of the folder is handed to `stage`, which throws Failure: what was taken is removed, what the agent refused
// is renamed to NAME.refused, and where the agent can't be reached the rest stays and the Failure goes on. Answers how
// many were refused; `tell` has a line on each file.
size_t empty_drop_folder(const std::filesystem::path& directory,
                         const std::function<void(const std::filesystem::path&)>& stage,
                         const std::function<void(const std::string& line)>& tell);

}  // namespace edgeseal::ctl
