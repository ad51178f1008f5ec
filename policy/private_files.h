#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "policy/finding.h"

namespace edgeseal::policy {

// Sees to it that nobody but `owner` reads or writes these files, as far as they are there, nor enters the directory:
// modes are mended, and what was mended is returned. Throws Error, naming path, cause and remedy, where the directory
// is no trusted one (see open_trusted_directory()), or where it or one of them belongs to somebody else, is a link of
// either kind, no regular file, or mounted.
[[nodiscard]] std::vector<Finding> hold_private(const std::string& directory, const std::vector<std::string>& names,
                                                uid_t owner);

}  // namespace edgeseal::policy
