#pragma once

#include <optional>
#include <string>
#include <vector>

#include "enroll/openssl.h"

namespace edgeseal::enroll {

// One attribute of a distinguished name that the server wants: with its value, or for the device to fill in.
struct NameAttribute {
  std::string type;  // object identifier, dotted
  std::optional<std::string> value;
  bool operator==(const NameAttribute&) const = default;
};

// An extension that the server wants in the request: with its value, or for the device to fill in.
struct RequestedExtension {
  std::string type;
  std::optional<Bytes> value;  // DER
  bool operator==(const RequestedExtension&) const = default;
};

// What a server would like to find in a certification request (RFC 7030 §4.5, RFC 9908, RFC 9810 §5.3.19.16): wishes.
// The agent fulfils those that its own rules for the slot allow; a key that these rules do not name is never made.
struct RequestedAttributes {
  std::vector<NameAttribute> subject;
  std::vector<RequestedExtension> extensions;
  std::string key_type;                  // object identifier; empty: not said
  std::string curve;                     // of an EC key: object identifier
  int modulus_bits = 0;                  // of an RSA key
  std::vector<std::string> identifiers;  // legacy form: signature algorithms and whatever else was named
  bool challenge_password = false;       // links the request to the TLS session (RFC 7030 §3.5)

  bool operator==(const RequestedAttributes&) const = default;
};

}  // namespace edgeseal::enroll
