#pragma once

#include <openssl/store.h>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {

// What a store yields, in its order.
struct StoreContents {
  bool opened = false;  // and searched, where that was asked for
  std::vector<int> types;
  std::vector<PkeyPtr> keys;  // private and public ones
  std::vector<CertificatePtr> certificates;
};

// `expect` zero asks for everything; `search` may be null.
[[nodiscard]] StoreContents read_store(OSSL_LIB_CTX* context, const std::string& uri, int expect = 0,
                                       const OSSL_STORE_SEARCH* search = nullptr);

}  // namespace edgeseal::tests
