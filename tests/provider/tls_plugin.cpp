// What a program loads and unloads that knows nothing of TLS itself: tls_plugin_main() serves one handshake in memory
// with a key of the agent and answers 0 where it came to its end.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/store.h>

#include <memory>

#include "tests/provider/handshake.h"

namespace {

using ContextPtr = std::shared_ptr<SSL_CTX>;
using SslPtr = std::shared_ptr<SSL>;

std::shared_ptr<EVP_PKEY> load_key(OSSL_LIB_CTX* library) {
  const std::shared_ptr<OSSL_STORE_CTX> store(
      OSSL_STORE_open_ex("edgeseal:web/https/ec", library, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  if (!store || OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) != 1) return nullptr;
  const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
  return {info ? OSSL_STORE_INFO_get1_PKEY(info.get()) : nullptr, EVP_PKEY_free};
}

ContextPtr server_context(OSSL_LIB_CTX* library) {
  ContextPtr context(SSL_CTX_new_ex(library, nullptr, TLS_server_method()), SSL_CTX_free);
  const std::shared_ptr<EVP_PKEY> key = load_key(library);
  const bool ready = key && SSL_CTX_use_certificate_file(context.get(), "ec.pem", SSL_FILETYPE_PEM) == 1 &&
                     SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1;
  return ready ? context : nullptr;
}

ContextPtr client_context(OSSL_LIB_CTX* library) {
  ContextPtr context(SSL_CTX_new_ex(library, nullptr, TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return SSL_CTX_load_verify_file(context.get(), "ca.pem") == 1 ? context : nullptr;
}

// In the default context of libcrypto where `library` is null.
bool serves(OSSL_LIB_CTX* library) {
  const ContextPtr server_side = server_context(library);
  const ContextPtr client_side = client_context(library);
  if (!server_side || !client_side) return false;
  const SslPtr server(SSL_new(server_side.get()), SSL_free);
  const SslPtr client(SSL_new(client_side.get()), SSL_free);
  return edgeseal::tests::shake_hands(client.get(), server.get());
}

bool serves_in_a_context_of_its_own() {
  const std::shared_ptr<OSSL_LIB_CTX> library(OSSL_LIB_CTX_new(), OSSL_LIB_CTX_free);
  return OSSL_LIB_CTX_load_config(library.get(), "edgeseal.cnf") == 1 && serves(library.get());
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int tls_plugin_main() {
  if (serves(nullptr) && serves_in_a_context_of_its_own()) return 0;
  ERR_print_errors_fp(stderr);
  return 1;
}
