#pragma once

#include <tss2/tss2_esys.h>

#include <map>

#include "tpm/context.h"
#include "tpm/memory.h"

// What the chip tells of itself (TPM 2.0 Part 3 §30.2, TPM2_GetCapability).
namespace edgeseal::tpm {

struct Capability {
  EsysPtr<TPMS_CAPABILITY_DATA> data;  // of the kind that was asked for
  bool more = false;                   // there was no room for all of it
};

// One command. Fault::failed if the chip answers another question.
[[nodiscard]] Capability read_capability(Context& context, const char* operation, TPM2_CAP kind, UINT32 first,
                                         UINT32 count);

class Properties {
 public:
  // `first` to `last`, of one group: TPM_PT_FIXED or TPM_PT_VAR (TPM 2.0 Part 2 §6.13).
  Properties(Context& context, TPM2_PT first, TPM2_PT last);

  // 0 if the chip does not tell.
  [[nodiscard]] std::uint32_t operator[](TPM2_PT property) const noexcept;

 private:
  // Returns where to go on, which is past `last` when all is read.
  [[nodiscard]] TPM2_PT read(Context& context, TPM2_PT first, TPM2_PT last);

  std::map<TPM2_PT, std::uint32_t> known_;
};

}  // namespace edgeseal::tpm
