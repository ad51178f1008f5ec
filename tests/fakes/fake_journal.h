#pragma once

#include <map>
#include <string>
#include <vector>

namespace edgeseal::test {

// An entry as the journal would have it, by name of the field: "MESSAGE", "EDGESEAL_MEMBER".
using JournalEntry = std::map<std::string, std::string>;

// What this program wrote into the journal since it was last asked. A program with fake_journal.cpp reaches no other
// one: the functions of libsystemd and libc by which agent::log() does are defined there.
[[nodiscard]] std::vector<JournalEntry> take_journal();

}  // namespace edgeseal::test
