#pragma once

#include <cstdint>
#include <optional>

#include "enroll/openssl.h"

namespace edgeseal::enroll::cmp {

// The numbers of the choice PKIBody (RFC 9810 §5.1.2) that a server answers with, as far as they matter here.
enum class BodyType { initialization_response = 1, certification_response = 3, key_update_response = 8, other = -1 };

// What a password-based MAC is made with (RFC 4211 §4.4). The functions are NIDs of libcrypto.
struct MacParameters {
  std::size_t salt_size = 0;
  int one_way_function = 0;
  std::optional<std::int64_t> iterations;  // nothing: beyond all measure
  int mac = 0;
};

// What is at the outside of a CMP message, read before libcrypto's own reader sees it, and before anybody has vouched
// for a bit of it.
struct MessageOutline {
  BodyType body = BodyType::other;
  ByteView body_content;
  int protection_algorithm = 0;      // NID; 0: none, or unknown
  std::optional<MacParameters> mac;  // where that is the password-based MAC
  std::size_t extra_certificates = 0;
  std::size_t largest_certificate = 0;  // of them, in bytes
};

// Throws MalformedDer where it is no CMP message.
[[nodiscard]] MessageOutline outline_of(ByteView message);

}  // namespace edgeseal::enroll::cmp
