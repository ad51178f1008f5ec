#include <openssl/core_names.h>
#include <openssl/params.h>

#include "provider/activation_order.h"
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

// What stands aside is not active, as `openssl list -providers` says then.
int get_parameters(void* context, OSSL_PARAM parameters[]) noexcept {
  OSSL_PARAM* name = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_NAME);
  OSSL_PARAM* version = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_VERSION);
  const bool is_active = static_cast<const Context*>(context)->problem == nullptr;
  OSSL_PARAM* status = OSSL_PARAM_locate(parameters, OSSL_PROV_PARAM_STATUS);
  return (name == nullptr || OSSL_PARAM_set_utf8_ptr(name, "Edgeseal") == 1) &&
         (version == nullptr || OSSL_PARAM_set_utf8_ptr(version, EDGESEAL_VERSION) == 1) &&
         (status == nullptr || OSSL_PARAM_set_int(status, is_active ? 1 : 0) == 1);
}

// A provider that is not configured well offers no more than what tells so, to programs that demand fips=yes too.
const OSSL_ALGORITHM* query(void* opaque, int operation, int* no_cache) noexcept {
  const auto& context = *static_cast<const Context*>(opaque);
  const bool usable = context.problem == nullptr;
  const auto table = [&](const Offer& offer) {
    return !usable || context.settings.validated ? offer.validated : offer.usual;
  };
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT: return usable ? table(key_managements) : nullptr;
    case OSSL_OP_SIGNATURE: return usable ? table(signatures) : nullptr;
    case OSSL_OP_ASYM_CIPHER: return usable ? table(asymmetric_ciphers) : nullptr;
    case OSSL_OP_STORE: return table(stores);
    case OSSL_OP_DECODER: return table(decoders);
    case OSSL_OP_ENCODER: return usable ? table(encoders) : nullptr;
    default: return nullptr;
  }
}

const OSSL_DISPATCH functions[] = {{OSSL_FUNC_PROVIDER_TEARDOWN, reinterpret_cast<Function>(tear_down)},
                                   {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, reinterpret_cast<Function>(list_parameters)},
                                   {OSSL_FUNC_PROVIDER_GET_PARAMS, reinterpret_cast<Function>(get_parameters)},
                                   {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<Function>(query)},
                                   {0, nullptr}};

bool set_up(Context& context, const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* in) noexcept {
  register_reasons();
  if (!is_after_another(core, in)) {
    context.problem =
        "the default provider, or one in its place, must be active before edgeseal: activate default first";
  } else {
    context.problem = context.settings.load(core, in);
  }
  context.library.reset(OSSL_LIB_CTX_new_from_dispatch(core, in));
  return context.library != nullptr;
}

}  // namespace
}  // namespace edgeseal::provider

extern "C" [[gnu::visibility("default")]] int OSSL_provider_init(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* in,
                                                                 const OSSL_DISPATCH** out, void** context) {
  auto created = edgeseal::provider::make_object<edgeseal::provider::Context>();
  if (created == nullptr || !edgeseal::provider::set_up(*created, core, in)) return 0;
  *out = edgeseal::provider::functions;
  *context = created.release();
  return 1;
}
