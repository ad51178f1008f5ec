#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::enroll::discovery {

// What the network is asked for (DNS-SD, RFC 6763).
struct Query {
  std::string type;  // "_est._tcp"
  std::string domain = "local";
  std::string capability;  // one of `caps` (OPC 10000-12 §C.2); empty: any, or none
};

// What somebody on the network says of a server. Nobody has verified any of it.
struct Service {
  std::string name;  // for people; any characters
  std::string host;  // a DNS name, in lower case
  std::uint16_t port = 0;
  std::vector<std::string> addresses;  // that connections can be made to as they stand; of either family
  std::string path;                    // empty, or begins with "/"
  std::vector<std::string> capabilities;

  bool operator==(const Service&) const = default;
};

inline constexpr std::size_t max_services = 32;
inline constexpr std::chrono::seconds browse_time{5};

[[nodiscard]] std::string url_of(const Service& service, std::string_view scheme);

// Throws Error{policy}: no type like "_est._tcp" (RFC 6335 §5.1), no DNS name.
void require_query(const Query& query);

}  // namespace edgeseal::enroll::discovery
