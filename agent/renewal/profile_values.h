#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/error.h"
#include "agent/renewal/profile.h"

// The values of a profile, each judged by itself. All throw Error{invalid_argument} with cause and remedy.
namespace edgeseal::agent {

// The index of `text` among `names`.
template <class Choice>
[[nodiscard]] Choice chosen(std::span<const std::string_view> names, const std::string& text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end())
    throw Error(Code::invalid_argument,
                fmt::format("\"{:.64}\" is not known here; take one of: {}", text, fmt::join(names, ", ")));
  return static_cast<Choice>(found - names.begin());
}

// What the URL of a helper means is the helper's affair.
void require_url(std::string_view url, EnrolmentProtocol protocol);
// Of a service in the network, "_est._tcp" (RFC 6335 §5.1), and where it is looked for.
void require_service_type(std::string_view type);
void require_domain(std::string_view domain);
void require_proxy(std::string_view url);
// Of EST (RFC 7030 §3.2.2) or CMP (RFC 9811 §3.4): one segment of a path, and for EST not the name of an operation.
void require_label(std::string_view label, EnrolmentProtocol protocol);
// It would follow the path.
void require_room_for_label(std::string_view url);
// What is looked up in a directory of its own: no separator, not hidden.
void require_file_name(std::string_view name);

// Paths of PEM or DER files, or PEM itself; over the bus PEM alone. At most 32 certificates of authorities, which may
// sign others.
[[nodiscard]] std::vector<Bytes> anchors_of(const std::vector<std::string>& texts, const ProfileSource& source);
[[nodiscard]] Bytes parse_fingerprint(std::string_view text);  // hexadecimal, with or without colons
// Where a file declares the application, these have to be what it has.
void require_slot(const std::string& key_name, const ProfileSource& source);
[[nodiscard]] dbus::GroupName parse_group(std::string_view text, const ProfileSource& source);

}  // namespace edgeseal::agent
