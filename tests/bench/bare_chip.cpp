#include "tests/bench/bare_chip.h"

#include "tpm/esys_key_device.h"
#include "tpm/key_template.h"
#include "tpm/memory.h"

namespace edgeseal::bench {
namespace {

const tpm::Bytes digest(32, std::byte{0x5a});  // of SHA-256

tpm::StoredKey stored(tpm::CreatedKey key, tpm::KeyAlgorithm algorithm) {
  tpm::StoredKey out;
  out.id.fill(static_cast<std::byte>(algorithm));
  out.tss_private_key = std::move(key.tss_private_key);
  out.auth = std::move(key.auth);
  return out;
}

tpm::Handle create_primary(tpm::Context& context, tpm::KeyAlgorithm algorithm) {
  const TPM2B_PUBLIC public_area = tpm::application_key_template(algorithm);
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR key = ESYS_TR_NONE;
  context.run("create primary", [&](ESYS_CONTEXT* esys) {
    return Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth,
                              &public_area, &no_data, &no_pcrs, &key, nullptr, nullptr, nullptr, nullptr);
  });
  return {context, key, tpm::Handle::Release::flush};
}

void sign(tpm::Context& context, const tpm::Handle& key, TPMI_ALG_SIG_SCHEME algorithm) {
  TPM2B_DIGEST input{};
  (void)tpm::assign(input, digest);
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = algorithm;
  scheme.details.any.hashAlg = TPM2_ALG_SHA256;
  TPMT_TK_HASHCHECK not_hashed_by_tpm{};
  not_hashed_by_tpm.tag = TPM2_ST_HASHCHECK;
  not_hashed_by_tpm.hierarchy = TPM2_RH_NULL;
  tpm::EsysPtr<TPMT_SIGNATURE> signature;
  context.run("sign", [&](ESYS_CONTEXT* esys) {
    return Esys_Sign(esys, key.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &input, &scheme, &not_hashed_by_tpm,
                     tpm::out(signature));
  });
}

}  // namespace

BareDevice::BareDevice(const std::string& tcti) {
  tpm::DeviceSettings settings;
  settings.tcti = tcti;
  device_ = tpm::open_esys_key_device(settings);
}

Operation BareDevice::signer(tpm::KeyAlgorithm algorithm) {
  const auto key = std::make_shared<tpm::StoredKey>(stored(device_->create(algorithm), algorithm));
  const Operation ecdsa = [this, key] { (void)device_->sign_ecdsa(*key, tpm::HashAlgorithm::sha256, digest); };
  const Operation rsa = [this, key] { (void)device_->sign_rsa_pkcs1(*key, tpm::HashAlgorithm::sha256, digest); };
  const Operation signer = algorithm == tpm::KeyAlgorithm::ec_p256 ? ecdsa : rsa;
  signer();
  return signer;
}

Operation RawChip::signer(tpm::KeyAlgorithm algorithm) {
  const auto key = std::make_shared<tpm::Handle>(create_primary(context_, algorithm));
  const TPMI_ALG_SIG_SCHEME scheme = algorithm == tpm::KeyAlgorithm::ec_p256 ? TPM2_ALG_ECDSA : TPM2_ALG_RSASSA;
  return [this, key, scheme] { sign(context_, *key, scheme); };
}

}  // namespace edgeseal::bench
