#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "enroll/client_identity.h"
#include "enroll/server_trust.h"

namespace edgeseal::enroll::cmp {

struct Server {
  std::string url;      // see endpoint_url()
  std::string profile;  // of the server, RFC 9483 §6.1; empty: its default
  ServerTrust trust;    // whom SignerTrust believes; no anchor: nobody, only the shared secret counts
};

// What the device and the server both know; the reference says to the server which one it is (RFC 9810 §5.1.3.1).
struct SharedSecret {
  std::string reference;
  SecretBytes secret;
};
using Credential = std::variant<SharedSecret, ClientIdentity>;

struct Settings {
  Server server;
  Credential credential;
  std::chrono::seconds patience{std::chrono::minutes(5)};  // with a server that answers "waiting", at a time
  Clock clock = device_clock();
};

}  // namespace edgeseal::enroll::cmp
