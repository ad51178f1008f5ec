#pragma once

#include <string>
#include <vector>

#include "enroll/cmp/handles.h"
#include "enroll/cmp/signer_trust.h"
#include "enroll/error.h"

namespace edgeseal::enroll::cmp {

// Why libcrypto's CMP ended without success: what stands on the error queue of this thread, which is emptied, and what
// the server said.
class Failure {
 public:
  explicit Failure(const OSSL_CMP_CTX& context);

  // CMP_R_*, at any place of the queue.
  [[nodiscard]] bool has(int reason) const;
  // `trust` judged who signed the answer; it may be null.
  [[nodiscard]] Error error(const SignerTrust* trust) const;

 private:
  struct Entry {
    int library;
    int reason;
  };

  [[nodiscard]] bool has_any(std::initializer_list<int> reasons) const;
  [[nodiscard]] Error refusal() const;
  [[nodiscard]] Error distrust(const SignerTrust* trust) const;
  [[nodiscard]] std::string first_reason() const;

  std::vector<Entry> entries_;
  std::vector<Certificate> extra_certificates_;
  int fail_info_;
  std::string status_;  // of the server, printable
};

// "PKIStatus: rejection; PKIFailureInfo: badRequest; StatusString: ...", printable; empty when the server said nothing.
[[nodiscard]] std::string status_text(const OSSL_CMP_CTX& context);

}  // namespace edgeseal::enroll::cmp
