#pragma once

#include <cstdint>
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

struct StagedUrl {
  std::string scheme;      // "https" or "http"
  std::string host;        // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  // 443 or 80 where the URL names none
};

// Throws Error{invalid_argument} for what is no http or https URL (RFC 3986), Error{user_access_denied} for one that
// the rules forbid: user information, addresses of this host, multicast, an address that is written otherwise than
// inet_pton(3) reads it, http. Who fetches has to judge by address_forbidden() what a name resolves to, and every
// redirection by this again; it goes to the same host.
StagedUrl require_allowed(std::string_view url, const UrlRules& rules);

// This host, all hosts, or none; also the metadata service of clouds. `address`: as inet_ntop(3) writes it.
[[nodiscard]] bool address_forbidden(const std::string& address);

}  // namespace edgeseal::agent
