#include "enroll/certificate_path.h"

#include <openssl/err.h>

namespace edgeseal::enroll {
namespace {

constexpr int auth_level = 2;  // 112 bits

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }  // the certificates are others'
};
using BorrowedStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

BorrowedStack stack_of(const std::vector<Certificate>& certificates) {
  BorrowedStack stack(sk_X509_new_null());
  for (const Certificate& certificate : certificates)
    require_openssl(sk_X509_push(stack.get(), certificate.get()) > 0, "sk_X509_push");
  return stack;
}

std::vector<Certificate> chain_of(X509_STORE_CTX* context) {
  std::vector<Certificate> chain;
  const STACK_OF(X509)* found = X509_STORE_CTX_get0_chain(context);
  for (int at = 0; at < sk_X509_num(found); ++at) chain.push_back(Certificate::share(sk_X509_value(found, at)));
  return chain;
}

}  // namespace

std::string PathAnswer::reason() const {
  return X509_verify_cert_error_string(error);
}

PathAnswer find_path(const PathQuestion& question, const Clock& clock) {
  const CertificateStore store = make_store({question.anchors, {}, SystemAnchors::no, Verification::full});
  const BorrowedStack untrusted = stack_of(question.intermediates);
  const StoreContextPtr context(X509_STORE_CTX_new());
  require_openssl(
      context && X509_STORE_CTX_init(context.get(), store.get(), question.certificate.get(), untrusted.get()) == 1,
      "X509_STORE_CTX_init");
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(clock().time));
  X509_VERIFY_PARAM_set_auth_level(param, auth_level);
  if (!question.tls_server_name.empty()) {
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    expect_host(*param, question.tls_server_name);
  }
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (good) return {X509_V_OK, chain_of(context.get())};
  const int error = X509_STORE_CTX_get_error(context.get());
  return {error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error, {}};
}

}  // namespace edgeseal::enroll
