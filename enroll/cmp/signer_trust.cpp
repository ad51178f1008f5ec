#include "enroll/cmp/signer_trust.h"

#include <algorithm>

#include "enroll/certificate_limits.h"
#include "enroll/trust_anchors.h"

namespace edgeseal::enroll::cmp {
namespace {

int owner_index() {
  static const int index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE, 0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

SignerTrust::SignerTrust(const ServerTrust& trust, const Clock& clock)
    : now_(clock()), anchors_(trust.anchors), store_(make_store(trust)) {
  X509_VERIFY_PARAM* param = X509_STORE_get0_param(store_.get());
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(now_.time));
  X509_VERIFY_PARAM_set_depth(param, max_chain_depth);
  X509_VERIFY_PARAM_set_auth_level(param, security_level);
  judge_lists_ = X509_STORE_get_verify_cb(store_.get());
  require_openssl(X509_STORE_set_ex_data(store_.get(), owner_index(), this) == 1, "X509_STORE_set_ex_data");
  X509_STORE_set_verify_cb(store_.get(), judge_step);
}

int SignerTrust::judge_step(int verified, X509_STORE_CTX* context) noexcept {
  try {
    auto* owner = static_cast<SignerTrust*>(X509_STORE_get_ex_data(X509_STORE_CTX_get0_store(context), owner_index()));
    return owner->judge(owner->judge_lists_ == nullptr ? verified : owner->judge_lists_(verified, context), *context);
  } catch (...) {
    return 0;
  }
}

int SignerTrust::judge(int verified, X509_STORE_CTX& context) {
  judgement_.clear();
  const auto certificate = Certificate::share(X509_STORE_CTX_get_current_cert(&context));
  if (verified == 1 && X509_STORE_CTX_get_error_depth(&context) == 0 && !may_sign(certificate)) {
    X509_STORE_CTX_set_error(&context, X509_V_ERR_APPLICATION_VERIFICATION);
    judgement_ = subject_of(certificate) +
                 ", which signed it, is no certification or registration authority; if it speaks for one, make its "
                 "certificate an anchor";
    return 0;
  }
  if (verified == 1) return 1;
  judgement_ = X509_verify_cert_error_string(X509_STORE_CTX_get_error(&context));
  if (certificate) judgement_ = subject_of(certificate) + ": " + judgement_;
  return 0;
}

bool SignerTrust::may_sign(const Certificate& certificate) const {
  return is_ca(certificate) || has_extended_key_usage(certificate, NID_cmcCA) ||
         has_extended_key_usage(certificate, NID_cmcRA) || contains(anchors_, certificate);
}

bool SignerTrust::doubts_clock(const std::vector<Certificate>& certificates) const {
  std::time_t now = std::chrono::system_clock::to_time_t(now_.time);
  const auto is_of_the_future = [&now](const Certificate& certificate) {
    return X509_cmp_time(X509_get0_notBefore(certificate.get()), &now) > 0;
  };
  return !now_.synchronised &&
         (std::ranges::any_of(certificates, is_of_the_future) || std::ranges::any_of(anchors_, is_of_the_future));
}

}  // namespace edgeseal::enroll::cmp
