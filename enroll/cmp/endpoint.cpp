#include "enroll/cmp/endpoint.h"

#include <algorithm>
#include <stdexcept>

#include "enroll/error.h"
#include "enroll/url.h"

namespace edgeseal::enroll::cmp {
namespace {

constexpr std::string_view well_known = "/.well-known/cmp";

std::string_view segment_of(RequestKind kind) {
  switch (kind) {
    case RequestKind::initialization: return "initialization";
    case RequestKind::key_update: return "keyupdate";
    case RequestKind::pkcs10: return "pkcs10";
    case RequestKind::ca_certificates: return "getcacerts";
    case RequestKind::root_update: return "getrootupdate";
  }
  throw std::logic_error("no such operation");
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void require_profile_name(std::string_view profile) {
  constexpr std::size_t max_length = 64;
  if (profile.size() > max_length || !std::ranges::all_of(profile, is_unreserved) || profile == "." || profile == "..")
    throw Error(ErrorClass::policy, "the name of a CMP profile has up to 64 letters, digits and any of \"-._~\"");
}

bool is_well_known(std::string_view path) {
  return path.starts_with(well_known) && (path.size() == well_known.size() || path[well_known.size()] == '/');
}

Url server_url(const std::string& text) {
  Url url = parse_url(text);
  if (!url.query.empty()) throw Error(ErrorClass::policy, "the URL of a CMP server has no query");
  return url;
}

std::string without_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::string endpoint_url(const std::string& server, const std::string& profile, RequestKind kind) {
  Url url = server_url(server);
  const std::string path = without_slash(url.path);
  require_profile_name(profile);
  if (!profile.empty() && !path.empty())
    throw Error(ErrorClass::policy, "a CMP profile goes with a URL without a path; leave out one of the two");
  if (!path.empty() && !is_well_known(path)) return url.text();
  url.path = path.empty() ? well_known : path;
  if (!profile.empty()) url.path.append("/p/").append(profile);
  url.path.append("/").append(segment_of(kind));
  return url.text();
}

}  // namespace edgeseal::enroll::cmp
