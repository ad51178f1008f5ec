#pragma once

#include <cstdint>

#include "jose/bytes.h"

// What a person types to open a bundle: a code of this project, or a PIN of whoever made the bundle elsewhere.
//
// A code is XXXX-XXXX-XXXX-CTTT in Crockford's base 32: 60 random bits, his check character (modulo 37), and the TAN.
namespace edgeseal::jose {

inline constexpr std::size_t tan_length = 3;
inline constexpr std::size_t min_code_length = tan_length + 1;
inline constexpr std::size_t max_code_length = 128;
inline constexpr double min_code_bits = 50;

[[nodiscard]] SecretText make_code();

// The last three characters never enter the derivation of a key: whoever opened the bundle proves by them, on line,
// that a person typed the code.
struct SplitCode {
  SecretBytes password;
  SecretBytes tan;
};
// Of a code, however it was typed: lower case, spaces, O for 0. What is not one is taken as it is, byte for byte.
// Throws Error{malformed} for what is too short or too long.
[[nodiscard]] SplitCode split_code(std::string_view typed);

// It has the form of a code, but its check character says that it was mistyped.
[[nodiscard]] bool is_mistyped(std::string_view typed);

// How many bits there are to guess at most: every character might be any of the kinds that occur.
[[nodiscard]] double code_bits(std::string_view typed);

// How long one graphics card takes to try half of all, at 9e9 rounds of PBKDF2 a second: with HMAC-SHA-256 a large one
// does so many, with HMAC-SHA-512 fewer.
[[nodiscard]] double seconds_to_guess(double bits, std::uint32_t iterations);
// "less than a second", "3 hours", "2 million years"
[[nodiscard]] std::string describe_duration(double seconds);

}  // namespace edgeseal::jose
