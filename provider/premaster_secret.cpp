#include "provider/premaster_secret.h"

#include <openssl/rand.h>

namespace edgeseal::provider {
namespace {

// All ones or all zeros. The compiler must not see that there are but two values, or it makes a branch of them.
using Mask = unsigned;

Mask hidden(Mask mask) noexcept {
  asm("" : "+r"(mask));
  return mask;
}

Mask is_zero(unsigned value) noexcept {
  return hidden(0U - ((~value & (value - 1U)) >> 31U));
}

Mask is_equal(unsigned left, unsigned right) noexcept {
  return is_zero(left ^ right);
}

std::byte select(Mask mask, std::byte wanted, std::byte otherwise) noexcept {
  return static_cast<std::byte>((mask & std::to_integer<unsigned>(wanted)) |
                                (~mask & std::to_integer<unsigned>(otherwise)));
}

}  // namespace

bool take_premaster_secret(OSSL_LIB_CTX* library, ByteView plaintext, std::size_t size, const TlsVersions& versions,
                           MutableByteView secret) noexcept {
  if (RAND_priv_bytes_ex(library, as_writable_octets(secret), premaster_secret_size, 0) != 1) return false;
  const unsigned version = std::to_integer<unsigned>(plaintext[0]) << 8U | std::to_integer<unsigned>(plaintext[1]);
  const Mask is_negotiated = is_equal(version, versions.negotiated) & ~is_zero(versions.negotiated);
  const Mask good = is_equal(static_cast<unsigned>(size), premaster_secret_size) &
                    (is_equal(version, versions.client) | is_negotiated);
  for (std::size_t i = 0; i < premaster_secret_size; ++i) secret[i] = select(good, plaintext[i], secret[i]);
  return true;
}

}  // namespace edgeseal::provider
