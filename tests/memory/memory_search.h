#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/memory/private_numbers.h"

namespace edgeseal::test {

struct Finding {
  std::string number;   // "d", "rsa-factor1" ...
  std::string mapping;  // its line in /proc/PID/maps
  std::size_t address = 0;
};

struct MemorySearch {
  std::vector<Finding> findings;
  std::size_t searched = 0;      // bytes
  std::size_t not_readable = 0;  // bytes of mappings that the kernel keeps from everybody
  bool has_secret_mapping = false;
};

// Looks through all memory of another process that may be read, but for its mapping of secrets, for 16 bytes in a row
// of one of the numbers, in either order of octets: as DER has them, as BIGNUM has them. As root, or of a child. Throws
// std::system_error where the process cannot be read.
[[nodiscard]] MemorySearch search_memory(pid_t process, const std::vector<PrivateNumber>& numbers);

}  // namespace edgeseal::test
