#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::agent {

// Where a certificate may be fetched from. The file says where, and whoever made the file may want the device to ask
// its own services, or those of its network.
struct UrlRules {
  bool staging = false;  // setup is open: plain http is allowed, but only from these hosts and link-local ones
  std::vector<std::string> hosts;  // DNS names or IP addresses, as they stand in URLs
};

inline constexpr std::size_t max_url_length = 2048;

// Throws Error{invalid_argument} for what is no http or https URL (RFC 3986), or has an address that is written
// otherwise than inet_pton(3) reads it, Error{user_access_denied} for one that the rules forbid: user information,
// addresses of this host, of all hosts or of none, the metadata service of clouds, http. Not judged is what a name
// resolves to, or where the server redirects to: the agent has no network.
void require_allowed(std::string_view url, const UrlRules& rules);
[[nodiscard]] bool has_tls(std::string_view url);  // of one that is allowed

// Throws Error{invalid_argument} for what never is the host of a URL.
void require_host_name(const std::string& host);

}  // namespace edgeseal::agent
