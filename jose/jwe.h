#pragma once

#include <cstdint>
#include <functional>

#include "jose/bytes.h"

// JSON Web Encryption under a password, compact serialization (RFC 7516 §7.1): PBES2-HS512+A256KW (RFC 7518 §4.8) and
// A256GCM (§5.3), and nothing else.
namespace edgeseal::jose {

inline constexpr std::size_t max_jwe_size = 64 * 1024;
inline constexpr std::uint32_t min_iterations = 210'000;  // "p2c"
inline constexpr std::uint32_t max_iterations = 2'000'000;
inline constexpr std::uint32_t default_iterations = 600'000;
inline constexpr std::size_t min_salt_size = 16;  // "p2s"
inline constexpr std::size_t max_salt_size = 64;

// PBKDF2 with HMAC-SHA-512: takes a second. `salt`: with the name of the algorithm before it (RFC 7518 §4.8.1.1).
[[nodiscard]] SecretBytes derive_key(ByteView password, ByteView salt, std::uint32_t iterations);
using DeriveKey = std::function<SecretBytes(ByteView password, ByteView salt, std::uint32_t iterations)>;

// One that could be opened. To read it costs next to nothing, whatever it asks for.
class Jwe {
 public:
  // Throws Error{malformed, too_large, not_supported}. Exactly "alg", "enc", "typ", "p2s" and "p2c" stand in the
  // header; `type` is what "typ" must be.
  Jwe(std::string_view compact, std::string_view type);

  [[nodiscard]] std::uint32_t iterations() const noexcept { return iterations_; }

  // Throws Error{wrong_code} for another password and for what was altered, and does not tell them apart.
  [[nodiscard]] SecretBytes open(ByteView password, const DeriveKey& derive = derive_key) const;

 private:
  void read_header(std::string_view type);

  std::string header_;  // as it stands there: authenticated
  std::uint32_t iterations_ = 0;
  Bytes salt_, encrypted_key_, nonce_, ciphertext_, tag_;
};

// With a random salt, key and nonce. Throws Error{too_large, not_supported} for what Jwe would refuse.
[[nodiscard]] std::string seal_jwe(ByteView plaintext, ByteView password, std::uint32_t iterations,
                                   std::string_view type);

}  // namespace edgeseal::jose
