#include "agent/certificates/certificate_signature.h"

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/public_key.h"
#include "agent/keys/signature_encoding.h"

namespace edgeseal::agent {

namespace {

using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;
using wire::SignatureScheme;

struct Method {
  SignatureScheme scheme;
  HashAlgorithm hash;  // not for Ed25519
  int nid;
  std::size_t salt_length = 0;  // PSS
};

// A restricted key: with the salt that verifiers, libcrypto among them, expect of it where nothing else is said.
Method pss_method(const PssRestriction& restriction) {
  const HashAlgorithm hash = restriction.hash.value_or(HashAlgorithm::sha256);
  const std::size_t salt = restriction.hash ? restriction.least_salt : digest_size(hash);
  return {SignatureScheme::rsa_pss, hash, NID_rsassaPss, salt};
}

Method method_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa_2048:
    case KeyAlgorithm::rsa_3072:
    case KeyAlgorithm::rsa_4096:
      return {SignatureScheme::rsa_pkcs1, HashAlgorithm::sha256, NID_sha256WithRSAEncryption};
    case KeyAlgorithm::ec_p256: return {SignatureScheme::ecdsa, HashAlgorithm::sha256, NID_ecdsa_with_SHA256};
    case KeyAlgorithm::ec_p384: return {SignatureScheme::ecdsa, HashAlgorithm::sha384, NID_ecdsa_with_SHA384};
    case KeyAlgorithm::ec_p521: return {SignatureScheme::ecdsa, HashAlgorithm::sha512, NID_ecdsa_with_SHA512};
    case KeyAlgorithm::ed25519: return {SignatureScheme::ed25519, HashAlgorithm::sha512, NID_ED25519};
  }
  throw Error(Code::internal_error, "unknown key algorithm");
}

Method method_of(tpm::ByteView public_key) {
  if (const auto restriction = pss_restriction(public_key)) return pss_method(*restriction);
  const auto algorithm = algorithm_of(*parse_public_key(public_key));
  if (!algorithm) throw Error(Code::internal_error, "unknown key algorithm");
  return method_of(*algorithm);
}

}  // namespace

HashAlgorithm certificate_hash(tpm::ByteView public_key) {
  return method_of(public_key).hash;
}

SignatureRequest certificate_signature(tpm::ByteView public_key, tpm::ByteView to_be_signed) {
  const Method method = method_of(public_key);
  if (method.scheme == SignatureScheme::ed25519)
    return {method.scheme, method.hash, 0, {to_be_signed.begin(), to_be_signed.end()}};
  return {method.scheme, method.hash, method.salt_length, digest_of(method.hash, to_be_signed)};
}

bool has_key(tpm::ByteView certificate, tpm::ByteView public_key) {
  return EVP_PKEY_eq(X509_get0_pubkey(parse_certificate(certificate).get()), parse_public_key(public_key).get()) == 1;
}

AlgorithmPtr signature_algorithm(tpm::ByteView public_key) {
  const Method method = method_of(public_key);
  if (method.scheme == SignatureScheme::rsa_pss) return pss_algorithm(method.hash, method.salt_length);
  AlgorithmPtr identifier(X509_ALGOR_new());
  const int parameter = method.scheme == SignatureScheme::rsa_pkcs1 ? V_ASN1_NULL : V_ASN1_UNDEF;
  require_openssl(identifier && X509_ALGOR_set0(identifier.get(), OBJ_nid2obj(method.nid), parameter, nullptr) == 1,
                  "X509_ALGOR_set0");
  return identifier;
}

void set_signature(ASN1_BIT_STRING& bits, tpm::ByteView signature) {
  require_openssl(ASN1_BIT_STRING_set(&bits, const_cast<unsigned char*>(octets(signature)),
                                      static_cast<int>(signature.size())) == 1,
                  "ASN1_BIT_STRING_set");
  bits.flags &= ~0x07L;  // no unused bits: without the flag trailing zero bits are cut off
  bits.flags |= ASN1_STRING_FLAG_BITS_LEFT;
}

}  // namespace edgeseal::agent
