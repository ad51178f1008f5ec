#include <openssl/core_names.h>
#include <openssl/params.h>

#include <cstring>

#include "provider/algorithms.h"
#include "provider/key.h"

namespace edgeseal::provider {
namespace {

Key& as_key(void* data) noexcept {
  return *static_cast<Key*>(data);
}
const Key& as_key(const void* data) noexcept {
  return *static_cast<const Key*>(data);
}

constexpr int private_part = OSSL_KEYMGMT_SELECT_PRIVATE_KEY;

template <KeyKind kind>
void* new_key(void* context) noexcept {
  return Key::create(*static_cast<Context*>(context), kind).release();
}

void free_key(void* data) noexcept {
  if (data != nullptr) Key::Reference(static_cast<Key*>(data)).reset();
}

// A key is handed over by the address of a variable that holds it.
void* load_key(const void* reference, std::size_t size) noexcept {
  if (size != sizeof(Key*)) return nullptr;
  Key* key = nullptr;
  Key* const taken = nullptr;
  std::memcpy(&key, reference, sizeof(key));
  std::memcpy(const_cast<void*>(reference), &taken, sizeof(taken));
  return key;
}

void* duplicate_key(const void* data, int selection) noexcept {
  const Key& from = as_key(data);
  if ((selection & private_part) != 0) return const_cast<Key&>(from).share().release();
  Key::Reference key = Key::create(from.context, from.kind);
  if (key == nullptr) return nullptr;
  if (from.public_key != nullptr && EVP_PKEY_up_ref(from.public_key.get()) == 1) {
    key->public_key.reset(from.public_key.get());
  }
  return key.release();
}

int has(const void* data, int selection) noexcept {
  if (data == nullptr) return 0;
  const Key& key = as_key(data);
  const bool wants_private = (selection & private_part) != 0;
  const bool wants_public = (selection & (OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS)) != 0;
  return (!wants_private || key.agent_key.has_value()) && (!wants_public || key.public_key != nullptr);
}

int match(const void* left, const void* right, int selection) noexcept {
  const EVP_PKEY* a = as_key(left).public_key.get();
  const EVP_PKEY* b = as_key(right).public_key.get();
  if (a == nullptr || b == nullptr) return 0;
  const bool keys = (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
  return (keys ? EVP_PKEY_eq(a, b) : EVP_PKEY_parameters_eq(a, b)) == 1;
}

// What the agent holds, it alone can look at.
int validate(const void* data, int selection, int check) noexcept {
  const Key& key = as_key(data);
  if ((selection & private_part) != 0 && !key.agent_key.has_value()) {
    raise_error(Reason::private_key_missing, "there is none to check");
    return 0;
  }
  if (key.public_key == nullptr) return 0;
  const PkeyContext checked(EVP_PKEY_CTX_new_from_pkey(key.context.library.get(), key.public_key.get(), nullptr));
  if (checked == nullptr) return 0;
  if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0) return EVP_PKEY_param_check(checked.get()) == 1;
  const auto run = check == OSSL_KEYMGMT_VALIDATE_QUICK_CHECK ? EVP_PKEY_public_check_quick : EVP_PKEY_public_check;
  return run(checked.get()) == 1;
}

int get_params(void* data, OSSL_PARAM* parameters) noexcept {
  const Key& key = as_key(data);
  return key.public_key != nullptr && EVP_PKEY_get_params(key.public_key.get(), parameters) == 1;
}

// A key of the agent has its private part nowhere else. To fail for it, even where the public part is asked for too, is
// what keeps libcrypto from taking the key to another provider for signing.
int export_key(void* data, int selection, OSSL_CALLBACK* receive, void* argument) noexcept {
  const Key& key = as_key(data);
  if (key.public_key == nullptr) return 0;
  if ((selection & private_part) != 0 && key.agent_key.has_value()) {
    raise_error(Reason::private_key_not_exportable, "key %s is held by the agent", key.agent_key->name.data());
    return 0;
  }
  return EVP_PKEY_export(key.public_key.get(), selection & ~private_part, receive, argument) == 1;
}

// Takes the public part only: keys come here to be compared.
int import_key(void* data, int selection, const OSSL_PARAM parameters[]) noexcept {
  Key& key = as_key(data);
  if (key.public_key != nullptr) return 0;
  const PkeyContext import(EVP_PKEY_CTX_new_from_name(key.context.library.get(), algorithm_name(key.kind), nullptr));
  EVP_PKEY* imported = nullptr;
  const int wanted = (selection & ~private_part) | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS;
  if (import == nullptr || EVP_PKEY_fromdata_init(import.get()) != 1 ||
      EVP_PKEY_fromdata(import.get(), &imported, wanted, const_cast<OSSL_PARAM*>(parameters)) != 1) {
    return 0;
  }
  key.public_key.reset(imported);
  return 1;
}

constexpr OSSL_PARAM rsa_exchanged[] = {big_number(OSSL_PKEY_PARAM_RSA_N), big_number(OSSL_PKEY_PARAM_RSA_E),
                                        end_of_list};

constexpr OSSL_PARAM rsa_pss_exchanged[] = {big_number(OSSL_PKEY_PARAM_RSA_N),
                                            big_number(OSSL_PKEY_PARAM_RSA_E),
                                            text(OSSL_PKEY_PARAM_RSA_DIGEST),
                                            text(OSSL_PKEY_PARAM_RSA_MASKGENFUNC),
                                            text(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST),
                                            number(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN),
                                            end_of_list};

constexpr OSSL_PARAM ec_exchanged[] = {text(OSSL_PKEY_PARAM_GROUP_NAME), octets(OSSL_PKEY_PARAM_PUB_KEY), end_of_list};

constexpr OSSL_PARAM ed25519_exchanged[] = {octets(OSSL_PKEY_PARAM_PUB_KEY), end_of_list};

// The default provider answers for the public part, and this is its list; the table of a provider within libcrypto
// stays.
template <KeyKind kind>
const OSSL_PARAM* gettable_params(void* context) noexcept {
  const KeyManagement answering(
      EVP_KEYMGMT_fetch(static_cast<Context*>(context)->library.get(), algorithm_name(kind), nullptr));
  return answering != nullptr ? EVP_KEYMGMT_gettable_params(answering.get()) : nullptr;
}

template <KeyKind kind>
const OSSL_PARAM* exchanged_types(int /*selection*/) noexcept {
  switch (kind) {
    case KeyKind::rsa: return rsa_exchanged;
    case KeyKind::rsa_pss: return rsa_pss_exchanged;
    case KeyKind::ec: return ec_exchanged;
    case KeyKind::ed25519: return ed25519_exchanged;
  }
}

template <KeyKind kind>
const char* operation_name(int operation) noexcept {
  if (kind == KeyKind::rsa_pss) return algorithm_name(KeyKind::rsa);
  return kind == KeyKind::ec && operation == OSSL_OP_SIGNATURE ? "ECDSA" : algorithm_name(kind);
}

template <KeyKind kind>
const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_KEYMGMT_NEW, reinterpret_cast<Function>(new_key<kind>)},
    {OSSL_FUNC_KEYMGMT_FREE, reinterpret_cast<Function>(free_key)},
    {OSSL_FUNC_KEYMGMT_LOAD, reinterpret_cast<Function>(load_key)},
    {OSSL_FUNC_KEYMGMT_DUP, reinterpret_cast<Function>(duplicate_key)},
    {OSSL_FUNC_KEYMGMT_HAS, reinterpret_cast<Function>(has)},
    {OSSL_FUNC_KEYMGMT_MATCH, reinterpret_cast<Function>(match)},
    {OSSL_FUNC_KEYMGMT_VALIDATE, reinterpret_cast<Function>(validate)},
    {OSSL_FUNC_KEYMGMT_GET_PARAMS, reinterpret_cast<Function>(get_params)},
    {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, reinterpret_cast<Function>(gettable_params<kind>)},
    {OSSL_FUNC_KEYMGMT_EXPORT, reinterpret_cast<Function>(export_key)},
    {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, reinterpret_cast<Function>(exchanged_types<kind>)},
    {OSSL_FUNC_KEYMGMT_IMPORT, reinterpret_cast<Function>(import_key)},
    {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, reinterpret_cast<Function>(exchanged_types<kind>)},
    {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, reinterpret_cast<Function>(operation_name<kind>)},
    {0, nullptr}};

constexpr Tables tables(std::to_array<OSSL_ALGORITHM>(
    {{rsa_names, own_property, functions<KeyKind::rsa>, "RSA keys held by the Edgeseal agent"},
     {rsa_pss_names, own_property, functions<KeyKind::rsa_pss>, "RSA-PSS keys held by the Edgeseal agent"},
     {ec_names, own_property, functions<KeyKind::ec>, "EC keys held by the Edgeseal agent"},
     {ed25519_names, own_property, functions<KeyKind::ed25519>, "Ed25519 keys held by the Edgeseal agent"}}));

}  // namespace

constinit const Offer key_managements = tables.offer();

}  // namespace edgeseal::provider
