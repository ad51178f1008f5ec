#include "tpm/persistent_object.h"

#include <utility>

#include "tpm/memory.h"

namespace edgeseal::tpm {

std::optional<PersistentObject> find_persistent_object(Context& context, TPM2_HANDLE handle) {
  ESYS_TR object = ESYS_TR_NONE;
  const bool found = context.run_if_handle_known("find a persistent object", [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);
  });
  if (!found) return std::nullopt;
  Handle owned(context, object, Handle::Release::forget);
  EsysPtr<TPM2B_PUBLIC> area;
  context.run("read a persistent object", [&](ESYS_CONTEXT* esys) {
    return Esys_ReadPublic(esys, owned.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, out(area), nullptr, nullptr);
  });
  return PersistentObject{std::move(owned), *area};
}

}  // namespace edgeseal::tpm
