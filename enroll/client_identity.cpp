#include "enroll/client_identity.h"

#include <fmt/format.h>
#include <openssl/store.h>

#include "enroll/error.h"
#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

struct CloseStore {
  void operator()(OSSL_STORE_CTX* store) const noexcept { OSSL_STORE_close(store); }
};
using StorePtr = std::unique_ptr<OSSL_STORE_CTX, CloseStore>;
using StoreInfoPtr = std::unique_ptr<OSSL_STORE_INFO, OpensslFree<OSSL_STORE_INFO, OSSL_STORE_INFO_free>>;

}  // namespace

Key open_key(const std::string& name) {
  const StorePtr store(OSSL_STORE_open(name.c_str(), nullptr, nullptr, nullptr, nullptr));
  if (store) OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
  while (store && OSSL_STORE_eof(store.get()) == 0) {
    const StoreInfoPtr info(OSSL_STORE_load(store.get()));
    if (!info) break;
    if (Key key(OSSL_STORE_INFO_get1_PKEY(info.get())); key) return key;
  }
  throw Error(ErrorClass::policy,
              fmt::format("there is no key {} for this program: {}", printable(name), openssl_reason()));
}

}  // namespace edgeseal::enroll
