#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "audit/entry.h"

namespace edgeseal::audit {

// What a log says of entries of its own that are not there any more.
class Removals {
 public:
  void note(const Line& line);
  // The same of all lines of a segment that can be read, in less time.
  void note(const std::string& name, std::string_view content);

  // The first entry that says that all before `first` went, with the hash that `first` follows; 0: none.
  [[nodiscard]] std::uint64_t told(const Line& first) const;
  // Whether `first` may be the first entry that is there, by what entries up to `sealed` say.
  [[nodiscard]] bool account_for(const Line& first, std::uint64_t sealed) const;
  // Whether one of those says that the log was found broken.
  [[nodiscard]] bool tell_of_break(std::uint64_t sealed) const { return broken_ != 0 && broken_ <= sealed; }

 private:
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> told_;  // by last entry that went, and its hash
  std::uint64_t broken_ = 0;                                             // the first entry that says so
};

[[nodiscard]] bool is_first_of_all(const Line& line);

}  // namespace edgeseal::audit
