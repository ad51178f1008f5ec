#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/entry_rule.h"
#include "policy/finding.h"

namespace edgeseal::policy {

using Digest = std::array<std::byte, 32>;  // SHA-256

struct ExpectedFile {
  std::uint64_t size = 0;
  Digest digest{};
};

// What a directory is to hold; paths relative to it, "" is itself.
struct DirectoryRules {
  EntryRule top, directory, file;
  std::optional<EntryRule> shared_rule;  // of the `shared` ones in it; none: as of the others
  std::map<std::string, ExpectedFile> files;
  std::set<std::string> directories;  // a directory also before those in it
  std::set<std::string> places;       // directories that may be there, and have rules of their own
  std::set<std::string> shared;       // directories that hold other things too, which are not judged
};

struct JudgementLimits {
  std::size_t entries = 400'000;
  std::size_t findings = 100;
};

struct Judgement {
  std::vector<Finding> findings;
  std::vector<Finding> mended;
  std::size_t more_findings = 0;  // beyond the limit, counted only

  [[nodiscard]] bool good() const { return findings.empty() && more_findings == 0; }
};

// SHA-256 of the whole file; nothing where it can't be read. policy/ has no cryptography of its own.
using ContentDigest = std::function<std::optional<Digest>(int descriptor)>;
// As mend_entry().
using Mend = std::function<bool(int descriptor, const EntryRule& rule)>;

// Judges what the descriptor, which may be one of O_PATH, stands for, and all in it. `path` is for the findings. All
// that is looked at is looked at by descriptors, no symbolic link is followed, nothing but expected files is read, and
// what is mounted over an entry is named and not entered. With `mend`, what it can mend is mended at once, on the
// descriptor that was judged; never a file with another hard link, which may be somewhere else, too.
[[nodiscard]] Judgement judge_directory(int directory, const std::string& path, const DirectoryRules& rules,
                                        const ContentDigest& digest, const Mend& mend, const JudgementLimits& limits);

}  // namespace edgeseal::policy
