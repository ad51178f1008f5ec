#include "agent/staging/clear_key.h"

#include <openssl/err.h>

#include "agent/keys/secret_memory.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

std::optional<tpm::Bytes> public_key_of_clear_key(tpm::ByteView der) {
  const secret_memory::Scope scope;
  const unsigned char* cursor = octets(der);
  const PublicKeyPtr key(d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!key) return std::nullopt;
  return der_of(key.get(), i2d_PUBKEY);
}

}  // namespace edgeseal::agent
