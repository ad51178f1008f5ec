#include "tests/fakes/fake_evidence.h"

#include <openssl/evp.h>

#include <stdexcept>

#include "tpm/key_template.h"
#include "tpm/marshal.h"
#include "tpm/memory.h"

namespace edgeseal::test {
namespace {

template <class Tpm2b>
void fill(Tpm2b& target, tpm::ByteView bytes) {
  if (!tpm::assign(target, bytes)) throw std::length_error("too long for a TPM");
}

tpm::KeyAlgorithm algorithm_of(const tpm::PublicKey& key) {
  if (const auto* ec = std::get_if<tpm::EcPublicKey>(&key)) return ec->curve;
  switch (std::get<tpm::RsaPublicKey>(key).modulus.size()) {
    case 256: return tpm::KeyAlgorithm::rsa_2048;
    case 384: return tpm::KeyAlgorithm::rsa_3072;
    default: return tpm::KeyAlgorithm::rsa_4096;
  }
}

TPMT_PUBLIC public_area(const tpm::PublicKey& key) {
  TPMT_PUBLIC area = tpm::application_key_template(algorithm_of(key)).publicArea;
  if (const auto* rsa = std::get_if<tpm::RsaPublicKey>(&key)) {
    fill(area.unique.rsa, rsa->modulus);
    return area;
  }
  const auto& ec = std::get<tpm::EcPublicKey>(key);
  fill(area.unique.ecc.x, ec.x);
  fill(area.unique.ecc.y, ec.y);
  return area;
}

TPMT_PUBLIC attestation_public_area(const tpm::PublicKey& key) {
  TPMT_PUBLIC area = public_area(key);
  area.objectAttributes |= TPMA_OBJECT_RESTRICTED;
  area.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
  area.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  return area;
}

tpm::Bytes marshalled(const TPMT_PUBLIC& area) {
  return tpm::marshal_with(Tss2_MU_TPMT_PUBLIC_Marshal, area);
}

tpm::Bytes sha256_of(tpm::ByteView bytes) {
  tpm::Bytes digest(32);
  std::size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
               &size);
  return digest;
}

void set_name(TPM2B_NAME& name, tpm::ByteView marshalled_area) {
  const tpm::Bytes digest = sha256_of(marshalled_area);
  name.name[1] = TPM2_ALG_SHA256;
  std::ranges::copy(digest, reinterpret_cast<std::byte*>(name.name) + 2);
  name.size = static_cast<UINT16>(2 + digest.size());
}

tpm::Bytes certify_info(tpm::ByteView area, tpm::ByteView attestation_area, tpm::ByteView nonce) {
  TPMS_ATTEST info{};
  info.magic = TPM2_GENERATED_VALUE;
  info.type = TPM2_ST_ATTEST_CERTIFY;
  set_name(info.qualifiedSigner, attestation_area);
  fill(info.extraData, nonce);
  set_name(info.attested.certify.name, area);
  set_name(info.attested.certify.qualifiedName, area);
  return tpm::marshal_with(Tss2_MU_TPMS_ATTEST_Marshal, info);
}

tpm::Bytes signature(const SoftwareKey& key, tpm::ByteView message) {
  const tpm::EcdsaSignature numbers = key.sign_ecdsa(tpm::HashAlgorithm::sha256, sha256_of(message));
  TPMT_SIGNATURE out{};
  out.sigAlg = TPM2_ALG_ECDSA;
  out.signature.ecdsa.hash = TPM2_ALG_SHA256;
  fill(out.signature.ecdsa.signatureR, numbers.r);
  fill(out.signature.ecdsa.signatureS, numbers.s);
  return tpm::marshal_with(Tss2_MU_TPMT_SIGNATURE_Marshal, out);
}

}  // namespace

tpm::Evidence fake_evidence(const SoftwareKey& key, const SoftwareKey& attestation_key, tpm::ByteView nonce) {
  tpm::Evidence evidence;
  evidence.public_area = marshalled(public_area(key.public_key()));
  evidence.attestation_public_area = marshalled(attestation_public_area(attestation_key.public_key()));
  evidence.certify_info = certify_info(evidence.public_area, evidence.attestation_public_area, nonce);
  evidence.signature = signature(attestation_key, evidence.certify_info);
  return evidence;
}

}  // namespace edgeseal::test
