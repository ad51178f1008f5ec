#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "audit/entry.h"
#include "audit/log_directory.h"
#include "audit/removals.h"

namespace edgeseal::audit {

// Where a log is not what was written.
struct Break {
  std::uint64_t sequence = 0;  // of the first entry that is not there as it must be
  std::string file;
  std::string problem;

  bool operator==(const Break&) const = default;
};

struct Verdict {
  std::optional<Break> broken;  // the first one
  std::uint64_t first = 0;      // entry that is there; 0: there is none
  Link head;                    // the last one
  std::uint64_t entries = 0;
  std::uint64_t lost = 0;  // that could not be written, as the log itself says
  std::size_t torn = 0;    // bytes after the last entry: an entry is being written, or its writing was cut short

  [[nodiscard]] bool intact() const { return !broken; }
};

// Whether the first entry may be any: of files that are a part of a log.
enum class Beginning { accounted_for, any };

// Follows the chain through the segments of a log, oldest first, and finds the first entry that was changed, left out
// or put in. What was cut off at the end, or written anew as a whole, is found by expect() alone.
class Verification {
 public:
  explicit Verification(Beginning beginning) : beginning_(beginning) {}

  // An entry that the log must have, unless it was removed with its segment. Before the first segment().
  void expect(const Link& known) { expected_.insert({known.sequence, known.hash}); }
  // The last entry that was sealed: what later ones say of removals accounts for nothing. Before conclude().
  void believe_up_to(std::uint64_t sealed) { sealed_ = sealed; }
  void segment(const std::string& file, std::string_view content);
  [[nodiscard]] Verdict conclude();

 private:
  void follow(const std::string& file, const Line& line);
  void note(const Line& line);
  void break_at(std::uint64_t sequence, const std::string& file, const std::string& problem);

  const Beginning beginning_;
  std::set<std::pair<std::uint64_t, Hash>> expected_;
  std::uint64_t sealed_ = std::numeric_limits<std::uint64_t>::max();
  Removals removals_;
  Line first_;
  std::string first_file_, last_file_;
  Verdict verdict_;
};

// All segments of a directory.
void follow(LogDirectory& directory, Verification& verification);
[[nodiscard]] Verdict verify(LogDirectory& directory, Verification verification);

}  // namespace edgeseal::audit
