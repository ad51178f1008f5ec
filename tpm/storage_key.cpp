#include "tpm/storage_key.h"

#include "tpm/capabilities.h"
#include "tpm/key_template.h"
#include "tpm/leftovers.h"
#include "tpm/memory.h"
#include "tpm/object_name.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::tpm {
namespace {

constexpr TPM2_HANDLE kPersistent = TssPrivateKey::kPersistentStorageKey;

bool persistent_exists(Context& context) {
  const auto handles = handles_from(context, kPersistent);
  return !handles.empty() && handles.front() == kPersistent;
}

Handle open_persistent(Context& context) {
  ESYS_TR key = ESYS_TR_NONE;
  context.run("open the storage key", [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, kPersistent, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &key);
  });
  return Handle(context, key, Handle::Release::forget);
}

// ESAPI has computed it from the public area: a Name that is right proves that the area is.
Bytes name_of(Context& context, const Handle& key) {
  EsysPtr<TPM2B_NAME> name;
  context.run("read the storage key's name",
              [&](ESYS_CONTEXT* esys) { return Esys_TR_GetName(esys, key.get(), out(name)); });
  return copy(*name);
}

// A parent for keys that never leave this TPM: restricted to decryption, and itself fixed.
bool is_storage_key(Context& context, const Handle& key) {
  EsysPtr<TPM2B_PUBLIC> area;
  context.run("read the storage key", [&](ESYS_CONTEXT* esys) {
    return Esys_ReadPublic(esys, key.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, out(area), nullptr, nullptr);
  });
  constexpr TPMA_OBJECT wanted = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
                                 TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH;
  constexpr TPMA_OBJECT unwanted = TPMA_OBJECT_SIGN_ENCRYPT;
  const TPMT_PUBLIC& key_area = area->publicArea;
  const bool asymmetric = key_area.type == TPM2_ALG_ECC || key_area.type == TPM2_ALG_RSA;
  return asymmetric && (key_area.objectAttributes & (wanted | unwanted)) == wanted;
}

std::optional<StorageKey> find_persistent(Context& context, const std::optional<Bytes>& recorded_name) {
  if (!persistent_exists(context)) return std::nullopt;
  Handle key = open_persistent(context);
  Bytes name = name_of(context, key);
  const bool suitable = recorded_name ? name == *recorded_name : is_storage_key(context, key);
  if (!suitable) return std::nullopt;
  return StorageKey{std::move(key), kPersistent, std::move(name)};
}

// The same key as the agent would make, so that what it stored before stays usable.
constexpr const char* kOwnerAuthRemedy =
    "the owner hierarchy has an authorisation value, and the agent has none to give. Either put the storage key at "
    "0x81000001 once with that value (tpm2_createprimary -C o -P VALUE -G ecc -a 'fixedtpm|fixedparent|"
    "sensitivedataorigin|userwithauth|noda|restricted|decrypt' -c primary.ctx; tpm2_evictcontrol -C o -P VALUE -c "
    "primary.ctx 0x81000001), or empty it (tpm2_changeauth -c owner -p VALUE)";

StorageKey make_primary(Context& context) {
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_PUBLIC area = storage_key_template();
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR raw = ESYS_TR_NONE;
  try {
    context.run("make the storage key", [&](ESYS_CONTEXT* esys) {
      return Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &area,
                                &no_outside_info, &no_pcrs, &raw, nullptr, nullptr, nullptr, nullptr);
    });
  } catch (const Error& error) {
    if (wrong_auth(error.rc())) throw Error(error.operation(), error.rc(), Fault::failed, kOwnerAuthRemedy);
    throw;
  }
  Handle key(context, raw, Handle::Release::flush);
  Bytes name = name_of(context, key);
  return StorageKey{std::move(key), 0, std::move(name)};
}

StorageKey find_or_make(Context& context, const std::optional<Bytes>& recorded_name) {
  auto key = find_persistent(context, recorded_name);
  return key ? std::move(*key) : make_primary(context);
}

}  // namespace

std::uint32_t StorageKey::parent() const noexcept {
  return persistent != 0 ? TssPrivateKey::kPersistentStorageKey : TssPrivateKey::kOwnerPrimary;
}

StorageKey open_storage_key(Context& context, const std::optional<Bytes>& recorded_name) {
  Leftovers leftovers(context);
  leftovers.flush_primary(recorded_name);  // first, because it may hold the slot that we need
  StorageKey key = find_or_make(context, recorded_name);
  if (recorded_name && key.name != *recorded_name) {
    throw Error(
        "open the storage key", Fault::replaced,
        "this TPM does not hold the recorded storage key: the TPM was cleared or exchanged, the key at 0x81000001 was "
        "removed, or something between agent and TPM poses as it. Put the original TPM back, or, if the change was "
        "meant, reset the agent's state and enrol anew; the old keys are lost");
  }
  leftovers.flush_children_of(key.handle);
  return key;
}

}  // namespace edgeseal::tpm
