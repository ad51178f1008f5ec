#include "agent/certificate_signature.h"

#include "agent/error.h"
#include "agent/signature_encoding.h"

namespace edgeseal::agent {

namespace {

using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;
using wire::SignatureScheme;

struct Method {
  SignatureScheme scheme;
  HashAlgorithm hash;  // not for Ed25519
  int nid;
};

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

}  // namespace

HashAlgorithm certificate_hash(KeyAlgorithm algorithm) {
  return method_of(algorithm).hash;
}

SignatureRequest certificate_signature(KeyAlgorithm algorithm, tpm::ByteView to_be_signed) {
  const Method method = method_of(algorithm);
  if (method.scheme == SignatureScheme::ed25519)
    return {method.scheme, method.hash, 0, {to_be_signed.begin(), to_be_signed.end()}};
  return {method.scheme, method.hash, 0, digest_of(method.hash, to_be_signed)};
}

AlgorithmPtr signature_algorithm(KeyAlgorithm algorithm) {
  const Method method = method_of(algorithm);
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
