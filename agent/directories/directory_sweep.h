#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/directories/guarded_directory.h"

namespace edgeseal::agent {

// SHA-256 of a file, read from its begin; nothing where it can't be read, with errno.
[[nodiscard]] std::optional<policy::Digest> digest_of_file(int descriptor);

using Modes = std::map<std::string, mode_t>;  // by path

// What earlier looks found as it must be.
struct Before {
  std::optional<std::uint64_t> mount;
  Modes own_above;
};

// What one look at a guarded directory found.
struct Sweep {
  policy::Judgement above;      // of what is above it
  Modes own_above;              // what is above it, the agent's, and as it must be
  policy::Judgement judgement;  // of itself and what is in it
  std::uint64_t mount = 0;      // which mount it is on: id of statx(2); 0: it was not reached
  std::pair<dev_t, ino_t> itself;
  bool reached = false;    // false: what is above it, or itself, is not as it must be
  bool conclusive = true;  // false: it was exchanged meanwhile
};

enum class Repair { none, in_place };

// Looks at what is above it, where it is the first, at itself and at all in it. In place means owners, modes and ACLs;
// the agent's own directories above it get the mode back that they had before. Any thread.
[[nodiscard]] Sweep sweep(const GuardedDirectory& directory, const Before& before, Repair repair);

}  // namespace edgeseal::agent
