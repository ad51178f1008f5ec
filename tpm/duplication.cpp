#include "tpm/duplication.h"

#include <tss2/tss2_mu.h>

#include <utility>

#include "tpm/key_template.h"
#include "tpm/libcrypto.h"
#include "tpm/public_area.h"
#include "tpm/random_bytes.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kOperation = "import key";
constexpr std::size_t kEncryptionKeySize = 16;

[[noreturn]] void reject(const char* problem) {
  throw Error(kOperation, Fault::bad_blob, problem);
}

void set_private_key(TPMT_SENSITIVE& sensitive, const RsaPrivateKey& key) {
  sensitive.sensitiveType = TPM2_ALG_RSA;
  if (key.prime.size() * 2 != key.public_key.modulus.size() || !assign(sensitive.sensitive.rsa, key.prime.view())) {
    reject("the prime is not half as long as the modulus");
  }
}

void set_private_key(TPMT_SENSITIVE& sensitive, const EcPrivateKey& key) {
  sensitive.sensitiveType = TPM2_ALG_ECC;
  if (key.scalar.size() != key.public_key.x.size() || key.scalar.size() != key.public_key.y.size() ||
      !assign(sensitive.sensitive.ecc, key.scalar.view())) {
    reject("scalar and coordinates are not of one length");
  }
}

SecretBytes marshal(const TPM2B_SENSITIVE& sensitive) {
  SecretBytes buffer(sizeof sensitive);
  std::size_t size = 0;
  const TSS2_RC rc = Tss2_MU_TPM2B_SENSITIVE_Marshal(&sensitive, reinterpret_cast<std::uint8_t*>(buffer.span().data()),
                                                     buffer.size(), &size);
  if (rc != TSS2_RC_SUCCESS) throw Error(kOperation, rc);
  return SecretBytes(buffer.view().first(size));
}

SecretBytes marshal_sensitive(const PrivateKey& key, const SecretBytes& auth) {
  Wiped<TPM2B_SENSITIVE> sensitive;
  TPMT_SENSITIVE& area = sensitive.value.sensitiveArea;
  if (!assign(area.authValue, auth.view())) reject("its authValue is too long");
  std::visit([&](const auto& known) { set_private_key(area, known); }, key);
  return marshal(sensitive.value);
}

// The TPM2B_DIGEST of the integrity, then what it is over.
SecretBytes with_integrity(const SecretBytes& sensitive, ByteView name) {
  const Bytes digest = sha256({sensitive.view(), name});
  SecretBytes out(2 + digest.size() + sensitive.size());
  out.span()[1] = static_cast<std::byte>(digest.size());
  std::ranges::copy(digest, out.span().begin() + 2);
  std::ranges::copy(sensitive.view(), out.span().last(sensitive.size()).begin());
  return out;
}

// Of its two parts.
bool contradicts(const Error& error) noexcept {
  return from_chip(error.rc()) && chip_code(error.rc()) == TPM2_RC_BINDING;
}

// The chip blames the public area for what it does not offer.
[[noreturn]] void throw_refusal(const Error& error) {
  constexpr TSS2_RC public_area = TPM2_RC_FMT1 | TPM2_RC_P | TPM2_RC_2;
  constexpr TSS2_RC blame = TPM2_RC_FMT1 | TPM2_RC_P | TPM2_RC_N_MASK;
  if ((error.rc() & blame) == public_area && !contradicts(error)) {
    throw Error(kOperation, error.rc(), Fault::unsupported, "this TPM takes no such key");
  }
  throw Error(kOperation, error.rc(), Fault::bad_blob, "the private key does not go with the public key");
}

// TPM2_Import (TPM 2.0 Part 3 §13.3).
EsysPtr<TPM2B_PRIVATE> import_wrapped(Session& session, const StorageKey& parent, const WrappedKey& wrapped,
                                      const TPM2B_PUBLIC& area) {
  TPMT_SYM_DEF_OBJECT aes_128_cfb{};
  aes_128_cfb.algorithm = TPM2_ALG_AES;
  aes_128_cfb.keyBits.aes = kEncryptionKeySize * 8;
  aes_128_cfb.mode.aes = TPM2_ALG_CFB;
  const TPM2B_ENCRYPTED_SECRET no_outer_wrapper{};
  EsysPtr<TPM2B_PRIVATE> private_area;
  try {
    session.run(kOperation, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR authorising) {
      return Esys_Import(esys, parent.handle.get(), authorising, ESYS_TR_NONE, ESYS_TR_NONE,
                         &wrapped.encryption_key.value, &area, &wrapped.duplicate, &no_outer_wrapper, &aes_128_cfb,
                         out(private_area));
    });
  } catch (const Error& error) {
    if (blames_parameter(error.rc()) || contradicts(error)) throw_refusal(error);
    throw;
  }
  return private_area;
}

// Some chips look only then whether prime and modulus go together.
void load_once(Session& session, const StorageKey& parent, const CreatedKey& key) {
  try {
    (void)load_object(kOperation, session, parent, TssPrivateKey::Type::loadable_key, key.tss_private_key, key.auth);
  } catch (const Error& error) {
    if (contradicts(error)) throw_refusal(error);
    throw;
  }
}

}  // namespace

PublicKey public_key(const PrivateKey& key) {
  return std::visit([](const auto& known) -> PublicKey { return known.public_key; }, key);
}

void wrap(WrappedKey& out, const PrivateKey& key, const TPM2B_PUBLIC& area, const SecretBytes& auth) {
  const SecretBytes encryption_key = random_bytes(kEncryptionKeySize);
  const SecretBytes plaintext = with_integrity(marshal_sensitive(key, auth), name_of(area));
  const Bytes ciphertext = aes_128_cfb_encrypt(encryption_key.view(), plaintext.view());
  if (!assign(out.encryption_key.value, encryption_key.view()) || !assign(out.duplicate, ciphertext)) {
    reject("longer than any TPM key");
  }
}

CreatedKey import_key(Session& session, const StorageKey& parent, KeyAlgorithm algorithm, const PrivateKey& key) {
  CreatedKey imported{public_key(key), {}, random_auth()};
  const TPM2B_PUBLIC area = outside_key_template(algorithm, imported.public_key);
  WrappedKey wrapped;
  wrap(wrapped, key, area, imported.auth);
  const auto private_area = import_wrapped(session, parent, wrapped, area);
  imported.tss_private_key =
      encode({TssPrivateKey::Type::loadable_key, false, parent.parent(), marshal(area), marshal(*private_area)});
  load_once(session, parent, imported);
  return imported;
}

}  // namespace edgeseal::tpm
