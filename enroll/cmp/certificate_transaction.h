#pragma once

#include <exception>
#include <stop_token>

#include "enroll/cmp/context.h"
#include "enroll/cmp/enrolment.h"
#include "enroll/cmp/failure.h"
#include "enroll/cmp/polling.h"
#include "enroll/cmp/transfer.h"

namespace edgeseal::enroll::cmp {

// One request for a certificate, from the first message to the server's receipt of our confirmation.
class CertificateTransaction {
 public:
  // All must outlive it; `trust` may be null.
  CertificateTransaction(const Settings& settings, const SignerTrust* trust, Transfer& transfer,
                         const Acceptance& acceptance);
  CertificateTransaction(const CertificateTransaction&) = delete;
  CertificateTransaction& operator=(const CertificateTransaction&) = delete;

  // Once. Any Error means that nothing was issued that counts; the server was told where it had to be.
  [[nodiscard]] Outcome run(const Enrolment& enrolment, Timer& timer, const std::stop_token& stop);

 private:
  static OSSL_CMP_MSG* exchange(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request) noexcept;
  static int confirm(OSSL_CMP_CTX* context, X509* certificate, int fail_info, const char** text) noexcept;

  void fill_template(const Enrolment& enrolment);
  void fill_from_request(const Enrolment& enrolment);
  void keep(const Enrolment& enrolment) const;
  void resume(const Continuation& continuation);
  void poll(const Enrolment& enrolment, Timer& timer, const std::stop_token& stop);
  [[nodiscard]] bool is_worth_another_try(const Failure& failure) const;
  void give_up();
  void judge(const Certificate& certificate, int fail_info);
  [[nodiscard]] std::vector<Certificate> rightful_ca_pubs();

  const SignerTrust* const trust_;
  const std::chrono::seconds patience_;
  Transfer& transfer_;
  const Acceptance& acceptance_;
  const ContextPtr context_;
  Outcome outcome_;
  std::exception_ptr unacceptable_;
};

}  // namespace edgeseal::enroll::cmp
