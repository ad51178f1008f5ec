#pragma once

#include <cstddef>

// What certificates of others may cost, and how strong they have to be.
namespace edgeseal::enroll {

inline constexpr std::size_t max_certificate_size = 16 * 1024;  // DER
inline constexpr std::size_t max_certificates = 32;             // in each place of a message
inline constexpr int max_chain_depth = 8;
inline constexpr int security_level = 2;  // 112 bits: no MD5, no SHA-1, no RSA below 2048 bits

}  // namespace edgeseal::enroll
