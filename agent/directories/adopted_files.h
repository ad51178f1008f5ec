#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/directories/adopted_layout.h"

namespace edgeseal::agent {

// The trust directories of a program's own directory, by descriptors, no symbolic link followed. Any thread.

// Writes the files that are missing or different, each by one rename, then removes from the trust directories what is
// none of them. Throws Error{state_unavailable} with path, cause and remedy, and as open_adopted() does.
void write_adopted(const std::string& path, const AdoptedLayout& layout, const std::vector<PublishedFile>& files);

// Why the agent can't write there, with all commands that let it; nothing: it can. Throws as open_adopted() does.
[[nodiscard]] std::optional<policy::Finding> unwritable(const std::string& path, const AdoptedLayout& layout);

}  // namespace edgeseal::agent
