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

struct FreeCertificates {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_pop_free(stack, X509_free); }
};
using CertificateStackPtr = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

[[nodiscard]] inline std::vector<Certificate> shared(const CertificateStackPtr& stack) {
  std::vector<Certificate> result;
  for (int at = 0; at < sk_X509_num(stack.get()); ++at)
    result.push_back(Certificate::share(sk_X509_value(stack.get(), at)));
  return result;
}

}  // namespace edgeseal::enroll::cmp
