#pragma once

#include <fstream>
#include <string>

#include "agent/state/sqlite.h"

namespace edgeseal::test {

// The sector with the newest rows of the index "key_of_slot", in a state that nobody has open.
inline void overwrite_index(const std::string& state) {
  const std::string path = state + "/state.db";
  long page = 0, size = 0;
  {
    agent::Database database(path);
    agent::Statement index(database, "SELECT rootpage FROM sqlite_master WHERE name = 'key_of_slot'");
    if (index.step()) page = index.integer(0);
    agent::Statement page_size(database, "PRAGMA page_size");
    if (page_size.step()) size = page_size.integer(0);
  }
  constexpr long sector = 512;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(page * size - sector);
  file << std::string(sector, '\0') << std::flush;
}

}  // namespace edgeseal::test
