#pragma once

#include <string>

namespace edgeseal::agent {

inline constexpr const char* agent_account = "edgeseal";  // that of edgeseald.service, and its group

// From now on this process reads what `account` may read, and no more. Where there is no such account, or it may not
// become that, it goes on as whom it is.
void read_as(const std::string& account);

// In an image nobody can try: throws Error{invalid_argument} where modes keep the agent from `path`, or from what is
// between `image` and it.
void require_readable(const std::string& path, const std::string& image);

}  // namespace edgeseal::agent
