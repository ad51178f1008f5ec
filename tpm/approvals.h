#pragma once

#include <tss2/tss2_esys.h>

#include <vector>

#include "tpm/context.h"
#include "tpm/memory.h"
#include "tpm/object_policy.h"

namespace edgeseal::tpm {

struct Approval {
  Authority authority;
  PcrState state;
  Bytes signature;
  EsysPtr<TPMT_TK_VERIFIED> ticket;  // the chip's word that the signature is the authority's
  bool tried = false;                // without a ticket: the signature is wrong
};

// The approvals that an agent has been given (KeyDevice::set_pcr_approvals), and what the chip says of them.
class Approvals {
 public:
  // Throws Error with Fault::failed, and keeps what it has, if there are too many or one has not the form it must have.
  void set(std::vector<PcrApproval> approvals);

  // Has the chip check those of this authority that it has not seen. Takes a slot while it lasts.
  void verify(Context& context, const Authority& authority);

  // Those of this authority, the one that served last first. Valid until the next set().
  [[nodiscard]] std::vector<const Approval*> of(const Authority& authority) const;
  void prefer(const Approval& approval);

 private:
  std::vector<Approval> approvals_;
};

}  // namespace edgeseal::tpm
