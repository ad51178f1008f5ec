#pragma once

#include "enroll/cmp/message_outline.h"

namespace edgeseal::enroll::cmp {

inline constexpr std::int64_t min_mac_iterations = 500;
inline constexpr std::int64_t max_mac_iterations = 100'000;
inline constexpr std::size_t min_mac_salt = 8;

// What an answer may cost, and how weak its protection may be, whoever sent it. Nothing here says that it is genuine.
// Throws Error{weak_protection}; Error{policy} for more certificates, or larger ones, than there is a reason for, and
// for a certificate or a private key that the server encrypted: the key of this device decrypts nothing here. Throws
// MalformedDer.
void require_within_limits(const MessageOutline& outline);

}  // namespace edgeseal::enroll::cmp
