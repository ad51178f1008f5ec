#pragma once

#include <string_view>

namespace edgeseal::policy {

// "_opcua-tcp._tcp": RFC 6335 §5.1.
[[nodiscard]] bool is_service_type(std::string_view text);
// Labels of letters, digits, "-" and "_", the last of which begins with a letter; 253 bytes in all, without a dot at
// the end. No address.
[[nodiscard]] bool is_host_name(std::string_view text);
// "/" and what else may stand in the path of a URL as it is (RFC 3986 §3.3), without "." and ".." as segments.
[[nodiscard]] bool is_path(std::string_view text);

}  // namespace edgeseal::policy
