#include "tpm/signing.h"

#include <algorithm>

#include "tpm/memory.h"
#include "tpm/pkcs1.h"
#include "tpm/residue.h"

namespace edgeseal::tpm {
namespace {

void require_type(const char* operation, const LoadedKey& key, TPMI_ALG_PUBLIC type) {
  if (key.type != type) throw Error(operation, Fault::unsupported, "the key is of another type");
}

void require_digest(const char* operation, HashAlgorithm hash, ByteView digest) {
  if (digest.size() == digest_size(hash)) return;
  throw Error(operation, Fault::failed, "the digest does not have the length of its hash");
}

// Some chips answer one that is not less than the modulus with TPM_RC_FAILURE, as if they were broken.
void require_block(const char* operation, const LoadedKey& key, ByteView block) {
  if (block.size() != key.modulus.size()) {
    throw Error(operation, Fault::failed, "the block does not have the length of the modulus");
  }
  if (!std::ranges::lexicographical_compare(block, key.modulus)) {
    throw Error(operation, Fault::failed, "the block is not less than the modulus");
  }
}

// TPM2_Sign (TPM 2.0 Part 3 §20.2). The response begins with a union, so only the command can be encrypted.
EsysPtr<TPMT_SIGNATURE> sign(const char* operation, Authorisation& authorisation, const LoadedKey& key,
                             TPMI_ALG_SIG_SCHEME algorithm, HashAlgorithm hash, ByteView digest) {
  TPM2B_DIGEST input{};
  (void)assign(input, digest);  // a digest of any hash fits
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = algorithm;
  scheme.details.any.hashAlg = tpm_hash(hash);
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

Bytes sign_rsa_pkcs1(Authorisation& authorisation, const ChipHashes& hashes, const LoadedKey& key, HashAlgorithm hash,
                     ByteView digest) {
  constexpr const char* operation = "sign with RSA PKCS#1 v1.5";
  require_type(operation, key, TPM2_ALG_RSA);
  require_digest(operation, hash, digest);
  if (!hashes.has(hash)) {
    const SecretBytes signature = rsa_private(authorisation, key, encode_pkcs1(hash, digest, key.modulus.size()));
    return Bytes(signature.view().begin(), signature.view().end());
  }
  const auto signature = sign(operation, authorisation, key, TPM2_ALG_RSASSA, hash, digest);
  return copy(signature->signature.rsassa.sig);
}

EcdsaSignature sign_ecdsa(Authorisation& authorisation, const ChipHashes& hashes, const LoadedKey& key,
                          HashAlgorithm hash, ByteView digest) {
  constexpr const char* operation = "sign with ECDSA";
  require_type(operation, key, TPM2_ALG_ECC);
  require_digest(operation, hash, digest);
  const auto input = hashes.for_ecdsa(hash, digest, key.field_size);
  if (!input) throw Error(operation, Fault::unsupported, "this TPM has no hash that is long enough for this digest");
  const auto signature = sign(operation, authorisation, key, TPM2_ALG_ECDSA, input->hash, input->digest);
  return {copy(signature->signature.ecdsa.signatureR), copy(signature->signature.ecdsa.signatureS)};
}

// TPM2_RSA_Decrypt (TPM 2.0 Part 3 §14.3).
SecretBytes rsa_private(Authorisation& authorisation, const LoadedKey& key, ByteView block) {
  constexpr const char* operation = "RSA private operation";
  require_type(operation, key, TPM2_ALG_RSA);
  require_block(operation, key, block);
  TPM2B_PUBLIC_KEY_RSA input{};
  (void)assign(input, block);  // no longer than the modulus of a TPM key
  TPMT_RSA_DECRYPT no_padding{};
  no_padding.scheme = TPM2_ALG_NULL;
  const TPM2B_DATA no_label{};
  EsysPtr<TPM2B_PUBLIC_KEY_RSA> message;
  const ResponseWipe wipe(authorisation.context());
  authorisation.run(operation, key.policy, Session::Encrypt::both, [&](ESYS_CONTEXT* esys, ESYS_TR session) {
    return Esys_RSA_Decrypt(esys, key.handle.get(), session, ESYS_TR_NONE, ESYS_TR_NONE, &input, &no_padding, &no_label,
                            out(message));
  });
  SecretBytes out(key.modulus.size());
  if (!assign_padded(out.span(), view(*message))) {
    throw Error(operation, Fault::failed, "the result is longer than the modulus");
  }
  return out;
}

}  // namespace edgeseal::tpm
