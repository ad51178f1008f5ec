#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "dbus/compat.h"

namespace edgeseal::ctl {

inline constexpr size_t kMostBytes = 1024 * 1024;

// "-" is the standard input, which stays open. Throws Failure (Usage).
[[nodiscard]] sdbus::UnixFd open_input(const std::filesystem::path& path);

// What open_input() opens, at most `most` bytes. Throws Failure (Usage).
[[nodiscard]] std::string read_file(const std::filesystem::path& path, size_t most = kMostBytes);

// KeepUnlessForced: as Keep, of commands that have --force.
enum class Existing { Keep, KeepUnlessForced, Replace };
enum class Readers { Everyone, Owner };

// Refuses what write_file would refuse for its name: for callers whose content cannot be made twice.
void check_target(const std::filesystem::path& path, Existing existing);

// The file has the whole content or isn't there; never half of it, also after a power cut. Throws Failure (Usage), so
// where the file exists and is to be kept.
void write_file(const std::filesystem::path& path, const std::string& content, Existing existing,
                Readers readers = Readers::Everyone);

}  // namespace edgeseal::ctl
