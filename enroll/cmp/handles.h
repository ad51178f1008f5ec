#pragma once

// Owning pointers for libcrypto's CMP.

#include <openssl/cmp.h>

#include "enroll/openssl.h"

namespace edgeseal::enroll::cmp {

using ContextPtr = std::unique_ptr<OSSL_CMP_CTX, OpensslFree<OSSL_CMP_CTX, OSSL_CMP_CTX_free>>;
using MessagePtr = std::unique_ptr<OSSL_CMP_MSG, OpensslFree<OSSL_CMP_MSG, OSSL_CMP_MSG_free>>;
using InformationPtr = std::unique_ptr<OSSL_CMP_ITAV, OpensslFree<OSSL_CMP_ITAV, OSSL_CMP_ITAV_free>>;

struct FreeInformation {
  void operator()(STACK_OF(OSSL_CMP_ITAV) * stack) const noexcept {
    sk_OSSL_CMP_ITAV_pop_free(stack, OSSL_CMP_ITAV_free);
  }
};
using InformationStackPtr = std::unique_ptr<STACK_OF(OSSL_CMP_ITAV), FreeInformation>;

}  // namespace edgeseal::enroll::cmp
