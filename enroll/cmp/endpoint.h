#pragma once

#include <string>

namespace edgeseal::enroll::cmp {

// What a message asks for. Each has a place below the well-known path (RFC 9483 §6.1, the IANA registry "CMP").
enum class RequestKind { initialization, key_update, pkcs10, ca_certificates, root_update };

// Where to send it. A URL without a path means the well-known one, with the name of a profile, where there is one, as
// /.well-known/cmp/p/PROFILE/; a URL that leads below /.well-known/cmp is continued; any other is taken as it is, for
// every operation. Throws Error{policy} for what is no URL of a server.
[[nodiscard]] std::string endpoint_url(const std::string& server, const std::string& profile, RequestKind kind);

}  // namespace edgeseal::enroll::cmp
