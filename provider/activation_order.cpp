#include "provider/activation_order.h"

namespace edgeseal::provider {
namespace {

int note_provider(const OSSL_CORE_HANDLE* /*provider*/, void* found) noexcept {
  *static_cast<bool*>(found) = true;
  return 1;
}

int ignore_removal(const OSSL_CORE_HANDLE* /*provider*/, void* /*found*/) noexcept {
  return 1;
}
int ignore_properties(const char* /*properties*/, void* /*found*/) noexcept {
  return 1;
}

}  // namespace

// To register for news of providers tells of those that are active, and activates none, unlike OSSL_PROVIDER_do_all().
bool is_after_another(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept {
  OSSL_FUNC_provider_register_child_cb_fn* add = nullptr;
  OSSL_FUNC_provider_deregister_child_cb_fn* remove = nullptr;
  for (; functions->function_id != 0; ++functions) {
    if (functions->function_id == OSSL_FUNC_PROVIDER_REGISTER_CHILD_CB) {
      add = OSSL_FUNC_provider_register_child_cb(functions);
    } else if (functions->function_id == OSSL_FUNC_PROVIDER_DEREGISTER_CHILD_CB) {
      remove = OSSL_FUNC_provider_deregister_child_cb(functions);
    }
  }
  bool found = false;
  if (add == nullptr || remove == nullptr) return false;
  if (add(core, note_provider, ignore_removal, ignore_properties, &found) == 1) remove(core);
  return found;
}

}  // namespace edgeseal::provider
