#pragma once

#include <string>

namespace edgeseal::enroll {

// An absolute http or https URL in its parts. The host has no brackets; the port is always there.
struct Url {
  std::string scheme, host, port, path, query;

  [[nodiscard]] std::string text() const;
};

// Throws Error{policy}: not absolute, another scheme, a user name in it, a fragment, longer than max_url_size.
[[nodiscard]] Url parse_url(const std::string& text);
// What a Location header means (RFC 9110 §10.2.2), relative to where it came from. Throws Error{redirect}.
[[nodiscard]] Url resolve(const Url& base, const std::string& reference);
[[nodiscard]] bool same_origin(const Url& left, const Url& right);

inline constexpr std::size_t max_url_size = 2048;

}  // namespace edgeseal::enroll
