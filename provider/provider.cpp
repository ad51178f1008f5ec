#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "provider/algorithms.h"
#include "provider/context.h"

namespace edgeseal::provider {
namespace {

void tear_down(void* context) noexcept {
  Destroy{}(static_cast<Context*>(context));
}

const OSSL_PARAM* list_parameters(void* /*context*/) noexcept {
  static constexpr OSSL_PARAM list[] = {{OSSL_PROV_PARAM_NAME, OSSL_PARAM_UTF8_PTR, nullptr, 0, 0},
                                        {OSSL_PROV_PARAM_VERSION, OSSL_PARAM_UTF8_PTR, nullptr, 0, 0},
                                        {OSSL_PROV_PARAM_STATUS, OSSL_PARAM_INTEGER, nullptr, 0, 0},
                                        end_of_list};
  return list;
}

int get_parameters(void* /*context*/, OSSL_PARAM parameters[]) noexcept {
  OSSL_PARAM* name = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_NAME);
  OSSL_PARAM* version = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_VERSION);
  OSSL_PARAM* status = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_STATUS);
  return (name == nullptr || OSSL_PARAM_set_utf8_ptr(name, "Edgeseal") == 1) &&
         (version == nullptr || OSSL_PARAM_set_utf8_ptr(version, EDGESEAL_VERSION) == 1) &&
         (status == nullptr || OSSL_PARAM_set_int(status, 1) == 1);
}

const OSSL_ALGORITHM* query(void* /*context*/, int operation, int* no_cache) noexcept {
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT: return key_managements;
    case OSSL_OP_SIGNATURE: return signatures;
    case OSSL_OP_STORE: return stores;
    case OSSL_OP_DECODER: return decoders;
    default: return nullptr;
  }
}

const OSSL_ITEM* get_reason_strings(void* /*context*/) noexcept {
  return reason_strings;
}

const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_TEARDOWN, reinterpret_cast<Function>(tear_down)},
    {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, reinterpret_cast<Function>(list_parameters)},
    {OSSL_FUNC_PROVIDER_GET_PARAMS, reinterpret_cast<Function>(get_parameters)},
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<Function>(query)},
    {OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, reinterpret_cast<Function>(get_reason_strings)},
    {0, nullptr}};

}  // namespace
}  // namespace edgeseal::provider

extern "C" [[gnu::visibility("default")]] int OSSL_provider_init(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* in,
                                                                 const OSSL_DISPATCH** out, void** context) {
  using edgeseal::provider::Context;
  auto created = edgeseal::provider::make_object<Context>(core, in);
  if (created == nullptr || !created->settings.load(core, in, created->errors)) return 0;
  created->library.reset(OSSL_LIB_CTX_new_child(core, in));
  if (created->library == nullptr) return 0;
  *out = edgeseal::provider::functions;
  *context = created.release();
  return 1;
}
