#include "tests/provider/store_contents.h"

namespace edgeseal::tests {
namespace {

void add(StoreContents& contents, const OSSL_STORE_INFO* info) {
  const int type = OSSL_STORE_INFO_get_type(info);
  contents.types.push_back(type);
  if (type == OSSL_STORE_INFO_PKEY) contents.keys.emplace_back(OSSL_STORE_INFO_get1_PKEY(info), EVP_PKEY_free);
  if (type == OSSL_STORE_INFO_PUBKEY) contents.keys.emplace_back(OSSL_STORE_INFO_get1_PUBKEY(info), EVP_PKEY_free);
  if (type == OSSL_STORE_INFO_CERT) contents.certificates.emplace_back(OSSL_STORE_INFO_get1_CERT(info), X509_free);
}

}  // namespace

StoreContents read_store(OSSL_LIB_CTX* context, const std::string& uri, int expect, const OSSL_STORE_SEARCH* search) {
  const std::shared_ptr<OSSL_STORE_CTX> store(
      OSSL_STORE_open_ex(uri.c_str(), context, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr), OSSL_STORE_close);
  StoreContents contents;
  contents.opened = store && (expect == 0 || OSSL_STORE_expect(store.get(), expect) == 1) &&
                    (search == nullptr || OSSL_STORE_find(store.get(), search) == 1);
  while (contents.opened && OSSL_STORE_eof(store.get()) == 0) {
    const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
    if (info) add(contents, info.get());
  }
  return contents;
}

}  // namespace edgeseal::tests
