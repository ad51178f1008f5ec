#pragma once

#include <string>
#include <vector>

#include "enroll/openssl.h"

namespace edgeseal::enroll {

// What this device shows to a TLS server.
struct ClientIdentity {
  Key key;
  Certificate certificate;
  std::vector<Certificate> chain;  // issuers of the certificate, without the root
};

// The key by the name that the provider has for it: "edgeseal:APPLICATION/GROUP/TYPE", or any other name that
// OSSL_STORE opens. Nothing of the key itself comes here. Throws Error{policy} when there is none.
[[nodiscard]] Key open_key(const std::string& name);

}  // namespace edgeseal::enroll
