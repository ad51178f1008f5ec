#pragma once

#include <string>

#include "enroll/openssl.h"

namespace edgeseal::enroll {

// A user name and a secret that were given to this device, often for one use.
struct Password {
  std::string user;
  SecretBytes secret;
  std::string realm;  // that has to ask for it; empty: any
};

// The value of an Authorization header (RFC 7617). Throws Error{policy}: a colon in the name, or control characters.
[[nodiscard]] SecretBytes basic_authorization(const Password& password);

}  // namespace edgeseal::enroll
