#pragma once

#include <chrono>
#include <string>

#include "agent/openssl.h"
#include "agent/trust/validation.h"

namespace edgeseal::agent {

// Judgements on one certificate for validate(). Those that answer text say what is wrong, empty where nothing is.

[[nodiscard]] Sha256 fingerprint_of(const X509& certificate);

[[nodiscard]] std::string untimeliness_of(const X509& certificate, std::chrono::system_clock::time_point now);
[[nodiscard]] bool shows_host(X509& certificate, const std::string& dns_name_or_ip_address);
[[nodiscard]] bool shows_uri(const X509& certificate, const std::string& application_uri);
[[nodiscard]] std::string misuse_of_leaf(X509& certificate, Purpose purpose);
// `below`: how many issuers stand between this one and the leaf. Whoever accepts an authority asks this first: else it
// would be refused as an issuer later.
[[nodiscard]] std::string misuse_of_issuer(X509& certificate, std::size_t below = 0);

}  // namespace edgeseal::agent
