#include "agent/staging/clear_key.h"

#include "agent/keys/key_import.h"
#include "agent/keys/public_key.h"
#include "agent/keys/secret_memory.h"

namespace edgeseal::agent {

namespace {

PublicKeyPtr decode(tpm::ByteView der) {
  const unsigned char* cursor = octets(der);
  const auto size = static_cast<long>(der.size());
  if (const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, size)); info)
    return PublicKeyPtr(has_kept_type(*info) ? EVP_PKCS82PKEY(info.get()) : nullptr);
  for (const int type : {EVP_PKEY_RSA, EVP_PKEY_EC}) {
    cursor = octets(der);
    if (PublicKeyPtr key(d2i_PrivateKey(type, nullptr, &cursor, size)); key) return key;
  }
  return nullptr;
}

}  // namespace

std::optional<tpm::Bytes> public_key_of_clear_key(tpm::ByteView der) {
  const secret_memory::Scope scope;
  return encoded_public_key(decode(der).get());
}

}  // namespace edgeseal::agent
