#include "tpm/key_transfer.h"

#include <utility>

#include "tpm/memory.h"
#include "tpm/public_area.h"
#include "tpm/random_bytes.h"
#include "tpm/signing.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kAdopt = "adopt key";

[[noreturn]] void refuse(const char* reason) {
  throw Error(kAdopt, Fault::bad_blob, reason);
}

bool has_scheme(const TPMT_PUBLIC& area) noexcept {
  const TPMU_PUBLIC_PARMS& parameters = area.parameters;
  return area.type == TPM2_ALG_RSA ? parameters.rsaDetail.scheme.scheme != TPM2_ALG_NULL
                                   : parameters.eccDetail.scheme.scheme != TPM2_ALG_NULL;
}

// What application_key_template() gives to the keys that are made here.
void require_all_uses(const TPMT_PUBLIC& area) {
  const TPMA_OBJECT attributes = area.objectAttributes;
  if (area.type != TPM2_ALG_RSA && area.type != TPM2_ALG_ECC) refuse("it is neither an RSA nor an EC key");
  if ((attributes & TPMA_OBJECT_SIGN_ENCRYPT) == 0) refuse("the key cannot sign");
  if ((attributes & TPMA_OBJECT_RESTRICTED) != 0) refuse("the key is restricted and does not sign what it is given");
  if (has_scheme(area)) refuse("the key is fixed to one scheme (make it with none, TPM_ALG_NULL)");
  if (area.type == TPM2_ALG_RSA && (attributes & TPMA_OBJECT_DECRYPT) == 0) {
    refuse("the RSA key can sign but not decrypt, which RSA-PSS needs (make it with sign and decrypt)");
  }
}

void require_passphrase(const TssPrivateKey& blob, const SecretBytes& auth) {
  if (!blob.empty_auth && auth.empty()) refuse("the key needs its passphrase");
}

void sign_once(Authorisation& authorisation, const ChipHashes& hashes, const LoadedKey& key) {
  const Bytes digest(TPM2_SHA256_DIGEST_SIZE);
  if (key.type == TPM2_ALG_RSA) {
    (void)sign_rsa_pkcs1(authorisation, hashes, key, HashAlgorithm::sha256, digest);
  } else {
    (void)sign_ecdsa(authorisation, hashes, key, HashAlgorithm::sha256, digest);
  }
}

// A key whose PCRs are not those of now is taken as it is: its authValue shows at the first use.
void try_auth(Authorisation& authorisation, const ChipHashes& hashes, const LoadedKey& key) {
  try {
    sign_once(authorisation, hashes, key);
  } catch (const Error& error) {
    if (wrong_auth(error.rc())) throw Error(kAdopt, error.rc(), Fault::bad_blob, "wrong passphrase");
    if (error.fault() != Fault::pcr_mismatch) throw;
  }
}

// TPM2_ObjectChangeAuth is for who has the ADMIN role, and an authValue is no longer than a digest of the nameAlg.
bool takes_new_auth(const TPMT_PUBLIC& area, const LoadedKey& key) noexcept {
  return !key.policy && (area.objectAttributes & TPMA_OBJECT_ADMINWITHPOLICY) == 0 && area.nameAlg != TPM2_ALG_SHA1;
}

// TPM2_ObjectChangeAuth (TPM 2.0 Part 3 §12.8).
EsysPtr<TPM2B_PRIVATE> change_auth(const char* operation, Session& session, const StorageKey& parent,
                                   const LoadedKey& loaded, const SecretBytes& auth) {
  Wiped<TPM2B_AUTH> value;
  if (auth.size() > TPM2_SHA256_DIGEST_SIZE || !assign(value.value, auth.view())) {
    throw Error(operation, Fault::failed, "the authValue has more than 32 bytes");
  }
  EsysPtr<TPM2B_PRIVATE> private_area;
  session.run(operation, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
    return Esys_ObjectChangeAuth(esys, loaded.handle.get(), parent.handle.get(), authorising, ESYS_TR_NONE,
                                 ESYS_TR_NONE, &value.value, out(private_area));
  });
  return private_area;
}

}  // namespace

CreatedKey adopt_key(Session& session, Authorisation& authorisation, const ChipHashes& hashes, const StorageKey& parent,
                     ByteView tss_private_key, const SecretBytes& auth) {
  TssPrivateKey blob = decode_tss_private_key(tss_private_key);
  require_passphrase(blob, auth);
  LoadedObject object = load_object(kAdopt, session, parent, TssPrivateKey::Type::loadable_key, tss_private_key, auth);
  const TPMT_PUBLIC area = object.public_area.publicArea;
  require_all_uses(area);
  const LoadedKey key = as_key(std::move(object));
  try_auth(authorisation, hashes, key);
  SecretBytes own_auth(auth.view());
  if (takes_new_auth(area, key)) {
    own_auth = random_auth();
    blob.private_area = marshal(*change_auth(kAdopt, session, parent, key, own_auth));
  }
  blob.parent = parent.parent();
  blob.empty_auth = own_auth.empty();
  const bool exempt_from_lockout = (area.objectAttributes & TPMA_OBJECT_NODA) != 0;
  return CreatedKey{public_key(area), encode(blob), std::move(own_auth), exempt_from_lockout};
}

Bytes export_key(Session& session, const StorageKey& parent, const LoadedKey& loaded, const StoredKey& key,
                 const SecretBytes& auth) {
  const auto private_area = change_auth("export key", session, parent, loaded, auth);
  TssPrivateKey blob = decode_tss_private_key(key.tss_private_key);
  blob.empty_auth = auth.empty();
  blob.private_area = marshal(*private_area);
  return encode(blob);
}

}  // namespace edgeseal::tpm
