#include "tests/fuzz/provider_program.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <vector>

#include "provider/wire/key_reference.h"

extern "C" int OSSL_provider_init(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH**, void**);

namespace edgeseal::fuzz {

OSSL_LIB_CTX* program() {
  static OSSL_LIB_CTX* const context = [] {
    OSSL_LIB_CTX* created = OSSL_LIB_CTX_new();
    if (OSSL_PROVIDER_load(created, "default") == nullptr ||
        OSSL_PROVIDER_add_builtin(created, "edgeseal", OSSL_provider_init) != 1 ||
        OSSL_PROVIDER_load(created, "edgeseal") == nullptr) {
      std::abort();
    }
    return created;
  }();
  return context;
}

std::string make_reference(const std::string& type) {
  const auto generate = [&]() -> EVP_PKEY* {
    if (type == "EC") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    if (type == "RSA") return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    return EVP_PKEY_Q_keygen(nullptr, nullptr, type.c_str());
  };
  const PkeyPtr key(generate(), EVP_PKEY_free);
  unsigned char* public_key = nullptr;
  const int public_key_size = i2d_PUBKEY(key.get(), &public_key);
  if (public_key_size <= 0) std::abort();
  std::vector<std::byte> der(wire::max_key_reference_size);
  const std::size_t size =
      wire::encode({.key_name = "web/https/https",
                    .public_key = std::as_bytes(std::span(public_key, static_cast<std::size_t>(public_key_size)))},
                   der);
  OPENSSL_free(public_key);
  return {reinterpret_cast<const char*>(der.data()), size};
}

PkeyPtr read_reference(const std::string& der) {
  const auto* next = reinterpret_cast<const unsigned char*>(der.data());
  return {d2i_AutoPrivateKey_ex(nullptr, &next, static_cast<long>(der.size()), program(), nullptr), EVP_PKEY_free};
}

void require_reason(bool succeeded) {
  if (!succeeded && ERR_peek_error() == 0) std::abort();
  ERR_clear_error();
}

}  // namespace edgeseal::fuzz
