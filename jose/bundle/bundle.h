#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "jose/bytes.h"

// What a device needs for its first contact with the service that provisions it, encrypted under a code.
namespace edgeseal::jose {

inline constexpr std::string_view bundle_type = "edgeseal-bundle";  // "typ" of its JWE
inline constexpr std::size_t max_bundle_anchors = 16;
inline constexpr std::size_t max_bundle_chain = 8;
inline constexpr std::size_t max_identifier_length = 128;  // "jti"
inline constexpr std::size_t max_url_length = 1024;
inline constexpr std::size_t max_secret_length = 1024;  // "otp"

struct Bundle {
  std::optional<std::string> device;   // serial number or ProductInstanceUri; none: for any
  std::chrono::sys_seconds not_after;  // nanoseconds don't reach to the year 9999
  std::string identifier;              // "jti": no device takes it twice
  std::string url;                     // https, without a port
  std::uint16_t port = 0;
  std::vector<Bytes> anchors;      // "ca": DER
  std::vector<Bytes> certificate;  // "cert": DER, its issuers after it; empty without a key
  SecretBytes private_key;         // "key": PKCS#8
  SecretBytes one_time_secret;     // "otp", for the first enrolment; empty: none
};

// Throws Error{malformed, too_large, not_supported} that names the member at fault. What the certificates say is not
// looked at.
[[nodiscard]] Bundle parse_bundle(ByteView json);
// Throws the same for what parse_bundle() would refuse.
[[nodiscard]] SecretBytes write_bundle(const Bundle& bundle);

}  // namespace edgeseal::jose
