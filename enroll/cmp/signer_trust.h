#pragma once

#include <string>
#include <vector>

#include "enroll/server_trust.h"

namespace edgeseal::enroll::cmp {

// Who may sign the answers of one transaction: an anchor itself, or a certificate that leads to one and is that of a
// certification authority, or of a certification or registration authority by its extended key usage (RFC 9810 §8.10,
// RFC 6402 §2.10). Without that every device of a plant could answer for its CA.
class SignerTrust {
 public:
  SignerTrust(const ServerTrust& trust, const Clock& clock);
  SignerTrust(const SignerTrust&) = delete;
  SignerTrust& operator=(const SignerTrust&) = delete;

  // libcrypto adds to it what it comes to trust during a transaction, hence a new one each time. Lives no longer than
  // this.
  [[nodiscard]] const CertificateStore& store() const noexcept { return store_; }
  // What was wrong with the last signer; empty where nothing was.
  [[nodiscard]] const std::string& judgement() const noexcept { return judgement_; }
  // Whether one of them, or an anchor, is not valid yet by a clock that nobody has set.
  [[nodiscard]] bool doubts_clock(const std::vector<Certificate>& certificates) const;

 private:
  static int judge_step(int verified, X509_STORE_CTX* context) noexcept;
  [[nodiscard]] int judge(int verified, X509_STORE_CTX& context);
  [[nodiscard]] bool may_sign(const Certificate& certificate) const;

  const TimeOfDay now_;
  const std::vector<Certificate> anchors_;
  CertificateStore store_;
  X509_STORE_CTX_verify_cb judge_lists_ = nullptr;
  std::string judgement_;
};

}  // namespace edgeseal::enroll::cmp
