#pragma once

#include <string>
#include <vector>

#include "agent/directories/adopted_layout.h"
#include "policy/directory_entry.h"

namespace edgeseal::agent {

// A program's own directory, opened without following a symbolic link. Throws Error{invalid_argument} for what is no
// absolute path, no directory, or behind a link; Error{not_found}.
[[nodiscard]] policy::DirectoryEntry open_adopted(const std::string& path);

struct AdoptedContents {
  TrustList list;
  std::vector<std::string> ignored;  // path and reason
};

// What the directory trusts. DER or PEM, whatever the layout says: programs take both. What is no certificate and no
// CRL is ignored, and so is what is no regular file. Throws Error{request_too_large} for more than `max_size` bytes,
// or files of more than four times that, and as open_adopted() does. Any thread.
[[nodiscard]] AdoptedContents read_adopted(const std::string& path, const AdoptedLayout& layout, std::size_t max_size);

}  // namespace edgeseal::agent
