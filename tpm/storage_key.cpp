#include "tpm/storage_key.h"

#include "tpm/key_template.h"
#include "tpm/memory.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::tpm {
namespace {

constexpr TPM2_HANDLE kPersistent = TssPrivateKey::kPersistentStorageKey;

bool persistent_exists(Context& context) {
  TPMI_YES_NO more = 0;
  EsysPtr<TPMS_CAPABILITY_DATA> found;
  context.run("look for the storage key", [&](ESYS_CONTEXT* esys) {
    return Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, kPersistent, 1, &more,
                              out(found));
  });
  const TPML_HANDLE& handles = found->data.handles;
  return handles.count > 0 && handles.handle[0] == kPersistent;
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
  const auto bytes = std::as_bytes(std::span(name->name, name->size));
  return Bytes(bytes.begin(), bytes.end());
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

StorageKey make_primary(Context& context) {
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_PUBLIC area = storage_key_template();
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR raw = ESYS_TR_NONE;
  context.run("make the storage key", [&](ESYS_CONTEXT* esys) {
    return Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &area,
                              &no_outside_info, &no_pcrs, &raw, nullptr, nullptr, nullptr, nullptr);
  });
  Handle key(context, raw, Handle::Release::flush);
  Bytes name = name_of(context, key);
  return StorageKey{std::move(key), 0, std::move(name)};
}

}  // namespace

std::uint32_t StorageKey::parent() const noexcept {
  return persistent != 0 ? TssPrivateKey::kPersistentStorageKey : TssPrivateKey::kOwnerPrimary;
}

StorageKey open_storage_key(Context& context, const std::optional<Bytes>& recorded_name) {
  if (auto key = find_persistent(context, recorded_name)) return std::move(*key);
  StorageKey key = make_primary(context);
  if (recorded_name && key.name != *recorded_name) {
    throw Error(
        "open the storage key", Fault::replaced,
        "this TPM does not hold the recorded storage key: the TPM was cleared or exchanged, the key at 0x81000001 was "
        "removed, or something between agent and TPM poses as it. Put the original TPM back, or, if the change was "
        "meant, reset the agent's state and enrol anew; the old keys are lost");
  }
  return key;
}

}  // namespace edgeseal::tpm
