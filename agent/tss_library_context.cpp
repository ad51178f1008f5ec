// libtss2-esys before 4.0 makes and frees a library context of libcrypto for each hash and HMAC (esys_crypto_ossl.c),
// and so fetches every algorithm anew: about 2 ms of processor time for one command in a session. These definitions
// stand before libcrypto's in the search order of the dynamic linker, so that libtss2 gets one context that lives as
// long as the process, with its algorithms fetched once. Nothing else in the agent makes library contexts. To be linked
// into the executable itself, which exports the two symbols.

#include <dlfcn.h>
#include <openssl/crypto.h>

#include <cstdlib>

extern "C" {

[[gnu::visibility("default")]] OSSL_LIB_CTX* OSSL_LIB_CTX_new() {
  static OSSL_LIB_CTX* const shared = [] {
    const auto original = reinterpret_cast<OSSL_LIB_CTX* (*)()>(::dlsym(RTLD_NEXT, "OSSL_LIB_CTX_new"));
    return original == nullptr ? nullptr : original();
  }();
  return shared;
}

[[gnu::visibility("default")]] void OSSL_LIB_CTX_free(OSSL_LIB_CTX*) {}
}
