#include "provider/activation_order.h"

#include <strings.h>

#include <cstddef>
#include <string_view>

namespace edgeseal::provider {
namespace {

// What libcrypto tells of the providers of the program.
struct Core {
  OSSL_FUNC_provider_register_child_cb_fn* add = nullptr;
  OSSL_FUNC_provider_deregister_child_cb_fn* remove = nullptr;
  OSSL_FUNC_provider_get0_provider_ctx_fn* context_of = nullptr;
  OSSL_FUNC_provider_get0_dispatch_fn* functions_of = nullptr;

  explicit Core(const OSSL_DISPATCH* functions) noexcept {
    for (; functions->function_id != 0; ++functions) {
      switch (functions->function_id) {
        case OSSL_FUNC_PROVIDER_REGISTER_CHILD_CB: add = OSSL_FUNC_provider_register_child_cb(functions); break;
        case OSSL_FUNC_PROVIDER_DEREGISTER_CHILD_CB: remove = OSSL_FUNC_provider_deregister_child_cb(functions); break;
        case OSSL_FUNC_PROVIDER_GET0_PROVIDER_CTX: context_of = OSSL_FUNC_provider_get0_provider_ctx(functions); break;
        case OSSL_FUNC_PROVIDER_GET0_DISPATCH: functions_of = OSSL_FUNC_provider_get0_dispatch(functions); break;
        default: break;
      }
    }
  }

  [[nodiscard]] bool is_whole() const noexcept {
    return add != nullptr && remove != nullptr && context_of != nullptr && functions_of != nullptr;
  }
};

// One of the active providers, by its place among them.
struct Choice {
  std::size_t before;
  const OSSL_CORE_HANDLE* provider = nullptr;
};

// libcrypto holds locks meanwhile: nothing of it may be called from here.
int note_provider(const OSSL_CORE_HANDLE* provider, void* opaque) noexcept {
  auto& choice = *static_cast<Choice*>(opaque);
  if (choice.before-- == 0) choice.provider = provider;
  return 1;
}
int ignore_removal(const OSSL_CORE_HANDLE* /*provider*/, void* /*choice*/) noexcept {
  return 1;
}
int ignore_properties(const char* /*properties*/, void* /*choice*/) noexcept {
  return 1;
}

// To register for news of providers tells of those that are active, and activates none, unlike OSSL_PROVIDER_do_all().
// It answers how many have registered, zero where it failed. Null where there are no more.
const OSSL_CORE_HANDLE* active_provider(const Core& core, const OSSL_CORE_HANDLE* self, std::size_t place) noexcept {
  Choice choice{place};
  if (core.add(self, note_provider, ignore_removal, ignore_properties, &choice) > 0) core.remove(self);
  return choice.provider;
}

// Null where the table, or a whole provider, has none.
const OSSL_DISPATCH* find(const OSSL_DISPATCH* table, int function) noexcept {
  for (; table != nullptr && table->function_id != 0; ++table)
    if (table->function_id == function) return table;
  return nullptr;
}

// "EC:id-ecPublicKey:1.2.840.10045.2.1" and the like, in any case.
bool is_named(std::string_view names, std::string_view wanted) noexcept {
  for (;;) {
    const std::string_view name = names.substr(0, names.find(':'));
    if (name.size() == wanted.size() && ::strncasecmp(name.data(), wanted.data(), wanted.size()) == 0) return true;
    if (name.size() == names.size()) return false;
    names.remove_prefix(name.size() + 1);
  }
}

bool generates_ec(const OSSL_ALGORITHM* algorithms) noexcept {
  for (; algorithms != nullptr && algorithms->algorithm_names != nullptr; ++algorithms) {
    if (is_named(algorithms->algorithm_names, "EC") &&
        find(algorithms->implementation, OSSL_FUNC_KEYMGMT_GEN) != nullptr)
      return true;
  }
  return false;
}

bool generates_ec(const Core& core, const OSSL_CORE_HANDLE* provider) noexcept {
  const OSSL_DISPATCH* functions = core.functions_of(provider);
  const OSSL_DISPATCH* query = find(functions, OSSL_FUNC_PROVIDER_QUERY_OPERATION);
  if (query == nullptr) return false;
  int no_cache = 0;
  void* context = core.context_of(provider);
  const OSSL_ALGORITHM* algorithms = OSSL_FUNC_provider_query_operation(query)(context, OSSL_OP_KEYMGMT, &no_cache);
  const bool found = generates_ec(algorithms);
  if (const OSSL_DISPATCH* end = find(functions, OSSL_FUNC_PROVIDER_UNQUERY_OPERATION))
    OSSL_FUNC_provider_unquery_operation(end)(context, OSSL_OP_KEYMGMT, algorithms);
  return found;
}

}  // namespace

bool is_after_another(const OSSL_CORE_HANDLE* self, const OSSL_DISPATCH* functions) noexcept {
  const Core core(functions);
  if (!core.is_whole()) return false;
  for (std::size_t place = 0;; ++place) {
    const OSSL_CORE_HANDLE* provider = active_provider(core, self, place);
    if (provider == nullptr) return false;
    if (generates_ec(core, provider)) return true;
  }
}

}  // namespace edgeseal::provider
