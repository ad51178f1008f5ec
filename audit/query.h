#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "audit/log_directory.h"

namespace edgeseal::audit {

// Which entries are wanted; what is empty or 0 wants all.
struct Filter {
  Entry::Time since{};
  std::string kind{};       // as a whole, or its beginning before a "*"
  std::string caller{};     // account, uid, unit or bus name
  std::string object{};     // as kind
  std::uint64_t after = 0;  // a sequence number

  [[nodiscard]] bool admits(const Entry& entry) const;
};

// A page never holds more than this.
inline constexpr std::size_t max_page_entries = 256;
inline constexpr std::size_t max_page_size = 512 * 1024;  // bytes

enum class Which { oldest, newest };

struct Page {
  std::vector<std::string> lines;  // as they stand in the log, the oldest first
  bool more = false;               // there are others, after these or, of the newest, before them
};

// Entries that cannot be read are passed over: verify() tells of them. Throws Error where a file cannot be read.
[[nodiscard]] Page select(LogDirectory& directory, const Filter& filter, Which which, std::size_t limit);

}  // namespace edgeseal::audit
