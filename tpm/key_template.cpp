#include "tpm/key_template.h"

#include "tpm/error.h"
#include "tpm/public_area.h"

namespace edgeseal::tpm {
namespace {

constexpr TPMA_OBJECT kStaysHere = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT;
constexpr TPMA_OBJECT kMadeHere = TPMA_OBJECT_SENSITIVEDATAORIGIN;
// A wrong authorisation counts nothing: the random one cannot be guessed, and nobody can lock the others out.
constexpr TPMA_OBJECT kUsedByAuthValue = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;

TPM2B_PUBLIC new_template(TPMI_ALG_PUBLIC type, TPMA_OBJECT purpose) {
  TPM2B_PUBLIC key{};
  key.publicArea.type = type;
  key.publicArea.nameAlg = TPM2_ALG_SHA256;
  key.publicArea.objectAttributes = kStaysHere | kUsedByAuthValue | purpose;
  return key;
}

TPM2B_PUBLIC ecc_template(TPMI_ECC_CURVE curve, TPMA_OBJECT purpose) {
  TPM2B_PUBLIC key = new_template(TPM2_ALG_ECC, kMadeHere | purpose);
  TPMS_ECC_PARMS& ecc = key.publicArea.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_NULL;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = curve;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  return key;
}

TPM2B_PUBLIC rsa_template(TPMI_RSA_KEY_BITS bits, TPMA_OBJECT purpose) {
  TPM2B_PUBLIC key = new_template(TPM2_ALG_RSA, kMadeHere | purpose);
  TPMS_RSA_PARMS& rsa = key.publicArea.parameters.rsaDetail;
  rsa.symmetric.algorithm = TPM2_ALG_NULL;
  rsa.scheme.scheme = TPM2_ALG_NULL;
  rsa.keyBits = bits;
  rsa.exponent = 0;  // the default, 65537
  return key;
}

}  // namespace

TPM2B_PUBLIC storage_key_template() {
  TPM2B_PUBLIC key = ecc_template(TPM2_ECC_NIST_P256, TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT);
  TPMT_SYM_DEF_OBJECT& symmetric = key.publicArea.parameters.eccDetail.symmetric;
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = 128;
  symmetric.mode.aes = TPM2_ALG_CFB;
  return key;
}

TPM2B_PUBLIC application_key_template(KeyAlgorithm algorithm) {
  constexpr TPMA_OBJECT sign = TPMA_OBJECT_SIGN_ENCRYPT;
  constexpr TPMA_OBJECT sign_and_decrypt = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT;
  switch (algorithm) {
    case KeyAlgorithm::rsa_2048: return rsa_template(2048, sign_and_decrypt);
    case KeyAlgorithm::rsa_3072: return rsa_template(3072, sign_and_decrypt);
    case KeyAlgorithm::rsa_4096: return rsa_template(4096, sign_and_decrypt);
    case KeyAlgorithm::ec_p256: return ecc_template(TPM2_ECC_NIST_P256, sign);
    case KeyAlgorithm::ec_p384: return ecc_template(TPM2_ECC_NIST_P384, sign);
    case KeyAlgorithm::ec_p521: return ecc_template(TPM2_ECC_NIST_P521, sign);
    case KeyAlgorithm::ed25519: break;
  }
  return {};
}

TPM2B_PUBLIC outside_key_template(KeyAlgorithm algorithm, const PublicKey& key) {
  TPM2B_PUBLIC area = application_key_template(algorithm);
  area.publicArea.objectAttributes &= ~(kStaysHere | kMadeHere);
  set_public_key(area.publicArea, key);
  return area;
}

TPM2B_PUBLIC sealed_data_template() {
  TPM2B_PUBLIC data = new_template(TPM2_ALG_KEYEDHASH, 0);
  data.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  return data;
}

TPM2B_PUBLIC authority_template(const PublicKey& key) {
  const auto algorithm = algorithm_of(key);
  if (algorithm != KeyAlgorithm::rsa_2048 && algorithm != KeyAlgorithm::ec_p256) {
    throw Error("use an authority", Fault::unsupported, "its key is neither RSA 2048 nor EC P-256");
  }
  TPM2B_PUBLIC area = outside_key_template(*algorithm, key);
  area.publicArea.objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT;
  return area;
}

const char* to_string(KeyAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case KeyAlgorithm::rsa_2048: return "rsa-2048";
    case KeyAlgorithm::rsa_3072: return "rsa-3072";
    case KeyAlgorithm::rsa_4096: return "rsa-4096";
    case KeyAlgorithm::ec_p256: return "ec-p256";
    case KeyAlgorithm::ec_p384: return "ec-p384";
    case KeyAlgorithm::ec_p521: return "ec-p521";
    case KeyAlgorithm::ed25519: return "ed25519";
  }
  return "unknown";
}

}  // namespace edgeseal::tpm
