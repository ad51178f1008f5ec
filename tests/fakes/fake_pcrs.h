#pragma once

#include <vector>

#include "tpm/object_policy.h"

namespace edgeseal::test {

// The PCRs of a FakeTpm, and what policies about them come to. Who asks has seen that there are such PCRs.
// are.
class FakePcrs {
 public:
  void set(unsigned index, tpm::Bytes value) { values_.at(index) = std::move(value); }
  [[nodiscard]] std::vector<tpm::Bytes> values(tpm::PcrMask pcrs) const;
  // As tpm::resolve().
  [[nodiscard]] tpm::ObjectPolicy resolve(const tpm::PcrPolicy& policy) const;
  // Throws tpm::Error with Fault::pcr_mismatch, or bad_blob where an approval that would allow it is forged.
  void require_allowed_by(const tpm::ObjectPolicy& policy, const std::vector<tpm::PcrApproval>& approvals) const;

 private:
  [[nodiscard]] bool have(tpm::PcrMask pcrs, const tpm::Bytes& digest) const;
  [[nodiscard]] bool are_approved(const tpm::Authority& authority,
                                  const std::vector<tpm::PcrApproval>& approvals) const;

  std::vector<tpm::Bytes> values_ = std::vector<tpm::Bytes>(24, tpm::Bytes(32));
};

}  // namespace edgeseal::test
