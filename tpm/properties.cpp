#include "tpm/properties.h"

#include <span>

namespace edgeseal::tpm {

Capability read_capability(Context& context, const char* operation, TPM2_CAP kind, UINT32 first, UINT32 count) {
  Capability read;
  TPMI_YES_NO more = 0;
  context.run(operation, [&](ESYS_CONTEXT* esys) {
    return Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, kind, first, count, &more,
                              out(read.data));
  });
  if (read.data->capability != kind) throw Error(operation, Fault::failed, "the TPM answered another question");
  read.more = more != 0;
  return read;
}

Properties::Properties(Context& context, TPM2_PT first, TPM2_PT last) {
  while (first <= last) first = read(context, first, last);
}

// A chip may give fewer than it is asked for, and may leave some out.
TPM2_PT Properties::read(Context& context, TPM2_PT first, TPM2_PT last) {
  const Capability part =
      read_capability(context, "read TPM properties", TPM2_CAP_TPM_PROPERTIES, first, last - first + 1);
  const TPML_TAGGED_TPM_PROPERTY& list = part.data->data.tpmProperties;
  TPM2_PT last_read = last;
  for (const TPMS_TAGGED_PROPERTY& entry : std::span(list.tpmProperty, list.count)) {
    if (entry.property < first || entry.property > last) continue;
    known_[entry.property] = entry.value;
    if (part.more) last_read = entry.property;
  }
  return last_read + 1;
}

std::uint32_t Properties::operator[](TPM2_PT property) const noexcept {
  const auto found = known_.find(property);
  return found == known_.end() ? 0 : found->second;
}

}  // namespace edgeseal::tpm
