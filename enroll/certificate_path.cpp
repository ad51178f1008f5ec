#include "enroll/certificate_path.h"

#include <openssl/err.h>

#include "enroll/certificate_limits.h"

namespace edgeseal::enroll {

std::string PathAnswer::reason() const {
  return X509_verify_cert_error_string(error);
}

PathAnswer find_path(const PathQuestion& question, const Clock& clock) {
  const CertificateStore store = make_store({question.anchors, {}, SystemAnchors::no, Verification::full});
  const BorrowedStack untrusted = borrow(question.intermediates);
  const StoreContextPtr context(X509_STORE_CTX_new());
  require_openssl(
      context && X509_STORE_CTX_init(context.get(), store.get(), question.certificate.get(), untrusted.get()) == 1,
      "X509_STORE_CTX_init");
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(clock().time));
  X509_VERIFY_PARAM_set_auth_level(param, security_level);
  if (!question.tls_server_name.empty()) {
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    expect_host(*param, question.tls_server_name);
  }
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (good) return {X509_V_OK, shared(X509_STORE_CTX_get0_chain(context.get()))};
  const int error = X509_STORE_CTX_get_error(context.get());
  return {error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error, {}};
}

}  // namespace edgeseal::enroll
