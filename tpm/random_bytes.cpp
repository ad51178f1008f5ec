#include "tpm/random_bytes.h"

#include <errno.h>
#include <sys/random.h>

#include <system_error>

#include "tpm/error.h"

namespace edgeseal::tpm {

SecretBytes random_bytes(std::size_t size) {
  SecretBytes bytes(size);
  const auto target = bytes.span();
  if (::getrandom(target.data(), target.size(), 0) != static_cast<ssize_t>(target.size())) {
    throw Error("get random bytes", Fault::failed, std::generic_category().message(errno));
  }
  return bytes;
}

SecretBytes random_auth() {
  constexpr std::size_t size = 32;
  for (;;) {
    SecretBytes auth = random_bytes(size);
    if (auth.view().back() != std::byte{0}) return auth;
  }
}

}  // namespace edgeseal::tpm
