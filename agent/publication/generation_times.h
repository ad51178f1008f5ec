#pragma once

#include <time.h>

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "agent/publication/publication_layout.h"

namespace edgeseal::agent {

// The times (mtime) that the directories of groups get: a later one where programs would read something else than
// before, the same where only what peers were refused has changed. So nobody makes programs reload by being refused. Of
// what was published before the start nothing is known. Any thread.
class GenerationTimes {
 public:
  // Of a new generation with these files, whose directory was made at `made`.
  [[nodiscard]] timespec of(const std::string& directory, const std::vector<PublishedFile>& files,
                            const timespec& made);

 private:
  struct Last {
    std::array<std::byte, 32> digest;  // of what programs read
    timespec time;
  };
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Last> last_;
};

}  // namespace edgeseal::agent
