#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "enroll/openssl.h"

namespace edgeseal::enroll::cmp {

// What a profile says for CMP alone.
struct Options {
  std::string profile;  // of the server, RFC 9483 §6.1; empty: its default
  // DER of a key reference: the key to certify, where it can sign a proof of possession. Empty: its PKCS #10 request is
  // sent as it is.
  Bytes key;
  // With a server that answers "waiting", at a time; then the job waits, and goes on from there.
  std::chrono::seconds patience{std::chrono::minutes(5)};
};

}  // namespace edgeseal::enroll::cmp
