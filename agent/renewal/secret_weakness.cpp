#include "agent/renewal/secret_weakness.h"

#include <fmt/format.h>

#include "jose/secret_strength.h"

namespace edgeseal::agent {

std::string weakness_of(ByteView secret, const EnrolmentProfile& profile) {
  const bool is_in_clear = profile.protocol == EnrolmentProtocol::cmp && profile.url.starts_with("http://");
  if (!is_in_clear || jose::is_strong_secret(secret)) return {};
  return fmt::format(
      "the secret has less than {:.0f} bits, and {} is no connection with TLS: whoever listens would "
      "guess it; remedy: https://, or a longer secret, as of openssl rand -base64 18",
      jose::min_secret_bits, profile.url);
}

}  // namespace edgeseal::agent
