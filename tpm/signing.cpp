#include "tpm/signing.h"

#include "tpm/memory.h"
#include "tpm/residue.h"

namespace edgeseal::tpm {
namespace {

struct Hash {
  TPMI_ALG_HASH id;
  std::size_t size;  // of the digest, in bytes
};

Hash tpm_hash(HashAlgorithm hash) noexcept {
  switch (hash) {
    case HashAlgorithm::sha1: return {TPM2_ALG_SHA1, TPM2_SHA1_DIGEST_SIZE};
    case HashAlgorithm::sha256: return {TPM2_ALG_SHA256, TPM2_SHA256_DIGEST_SIZE};
    case HashAlgorithm::sha384: return {TPM2_ALG_SHA384, TPM2_SHA384_DIGEST_SIZE};
    case HashAlgorithm::sha512: return {TPM2_ALG_SHA512, TPM2_SHA512_DIGEST_SIZE};
  }
  return {TPM2_ALG_NULL, 0};
}

void require_type(const char* operation, const LoadedKey& key, TPMI_ALG_PUBLIC type) {
  if (key.type != type) throw Error(operation, Fault::unsupported, "the key is of another type");
}

TPM2B_DIGEST tpm_digest(const char* operation, const Hash& hash, ByteView digest) {
  TPM2B_DIGEST out{};
  if (digest.size() != hash.size || !assign(out, digest)) {
    throw Error(operation, Fault::failed, "the digest does not have the length of its hash");
  }
  return out;
}

// TPM2_Sign (TPM 2.0 Part 3 §20.2). The response begins with a union, so only the command can be encrypted.
EsysPtr<TPMT_SIGNATURE> sign(const char* operation, Authorisation& authorisation, const LoadedKey& key,
                             TPMI_ALG_SIG_SCHEME algorithm, HashAlgorithm hash, ByteView digest) {
  const Hash hashed_by = tpm_hash(hash);
  const TPM2B_DIGEST input = tpm_digest(operation, hashed_by, digest);
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = algorithm;
  scheme.details.any.hashAlg = hashed_by.id;
  TPMT_TK_HASHCHECK not_hashed_by_tpm{};
  not_hashed_by_tpm.tag = TPM2_ST_HASHCHECK;
  not_hashed_by_tpm.hierarchy = TPM2_RH_NULL;
  EsysPtr<TPMT_SIGNATURE> signature;
  authorisation.run(operation, key.policy, Session::Encrypt::command, [&](ESYS_CONTEXT* esys, ESYS_TR session) {
    return Esys_Sign(esys, key.handle.get(), session, ESYS_TR_NONE, ESYS_TR_NONE, &input, &scheme, &not_hashed_by_tpm,
                     out(signature));
  });
  if (signature->sigAlg != algorithm) throw Error(operation, Fault::failed, "the TPM used another scheme");
  return signature;
}

}  // namespace

Bytes sign_rsa_pkcs1(Authorisation& authorisation, const LoadedKey& key, HashAlgorithm hash, ByteView digest) {
  constexpr const char* operation = "sign with RSA PKCS#1 v1.5";
  require_type(operation, key, TPM2_ALG_RSA);
  const auto signature = sign(operation, authorisation, key, TPM2_ALG_RSASSA, hash, digest);
  return copy(signature->signature.rsassa.sig);
}

EcdsaSignature sign_ecdsa(Authorisation& authorisation, const LoadedKey& key, HashAlgorithm hash, ByteView digest) {
  constexpr const char* operation = "sign with ECDSA";
  require_type(operation, key, TPM2_ALG_ECC);
  const auto signature = sign(operation, authorisation, key, TPM2_ALG_ECDSA, hash, digest);
  return {copy(signature->signature.ecdsa.signatureR), copy(signature->signature.ecdsa.signatureS)};
}

// TPM2_RSA_Decrypt (TPM 2.0 Part 3 §14.3).
SecretBytes rsa_private(Authorisation& authorisation, const LoadedKey& key, ByteView block) {
  constexpr const char* operation = "RSA private operation";
  require_type(operation, key, TPM2_ALG_RSA);
  TPM2B_PUBLIC_KEY_RSA input{};
  if (block.size() != key.modulus_size || !assign(input, block)) {
    throw Error(operation, Fault::failed, "the block does not have the length of the modulus");
  }
  TPMT_RSA_DECRYPT no_padding{};
  no_padding.scheme = TPM2_ALG_NULL;
  const TPM2B_DATA no_label{};
  EsysPtr<TPM2B_PUBLIC_KEY_RSA> message;
  const ResponseWipe wipe(authorisation.context());
  authorisation.run(operation, key.policy, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR session) {
    return Esys_RSA_Decrypt(esys, key.handle.get(), session, ESYS_TR_NONE, ESYS_TR_NONE, &input, &no_padding, &no_label,
                            out(message));
  });
  SecretBytes out(key.modulus_size);
  if (!assign_padded(out.span(), view(*message))) {
    throw Error(operation, Fault::failed, "the result is longer than the modulus");
  }
  return out;
}

}  // namespace edgeseal::tpm
