#include "tpm/public_area.h"

#include <tss2/tss2_mu.h>

#include <algorithm>

#include "tpm/error.h"
#include "tpm/libcrypto.h"
#include "tpm/marshal.h"
#include "tpm/memory.h"

namespace edgeseal::tpm {
namespace {

constexpr std::uint32_t kDefaultExponent = 65537;  // which a TPM writes as 0

struct Curve {
  TPMI_ECC_CURVE id;
  KeyAlgorithm algorithm;
  std::size_t field_size;  // in bytes
};

constexpr Curve kCurves[] = {{TPM2_ECC_NIST_P256, KeyAlgorithm::ec_p256, 32},
                             {TPM2_ECC_NIST_P384, KeyAlgorithm::ec_p384, 48},
                             {TPM2_ECC_NIST_P521, KeyAlgorithm::ec_p521, 66}};

Bytes padded(const TPM2B_ECC_PARAMETER& coordinate, std::size_t size) {
  Bytes out(size);
  if (!assign_padded(out, view(coordinate))) throw Error("read public key", Fault::bad_blob, "long coordinate");
  return out;
}

PublicKey ec_public_key(const TPMT_PUBLIC& area) {
  const auto curve = std::ranges::find(kCurves, area.parameters.eccDetail.curveID, &Curve::id);
  if (curve == std::end(kCurves)) throw Error("read public key", Fault::unsupported, "unknown curve");
  const TPMS_ECC_POINT& point = area.unique.ecc;
  return EcPublicKey{curve->algorithm, padded(point.x, curve->field_size), padded(point.y, curve->field_size)};
}

PublicKey rsa_public_key(const TPMT_PUBLIC& area) {
  const std::uint32_t exponent = area.parameters.rsaDetail.exponent;
  return RsaPublicKey{copy(area.unique.rsa), exponent == 0 ? kDefaultExponent : exponent};
}

template <class Tpm2b>
void fill(Tpm2b& target, ByteView number) {
  if (!assign(target, number)) throw Error("set public key", Fault::bad_blob, "longer than any TPM key");
}

void set(TPMT_PUBLIC& area, const RsaPublicKey& key) {
  area.parameters.rsaDetail.exponent = key.exponent == kDefaultExponent ? 0 : key.exponent;
  fill(area.unique.rsa, key.modulus);
}

void set(TPMT_PUBLIC& area, const EcPublicKey& key) {
  fill(area.unique.ecc.x, key.x);
  fill(area.unique.ecc.y, key.y);
}

std::optional<KeyAlgorithm> algorithm(const RsaPublicKey& key) noexcept {
  switch (key.modulus.size()) {
    case 256: return KeyAlgorithm::rsa_2048;
    case 384: return KeyAlgorithm::rsa_3072;
    case 512: return KeyAlgorithm::rsa_4096;
    default: return std::nullopt;
  }
}

std::optional<KeyAlgorithm> algorithm(const EcPublicKey& key) noexcept {
  return key.curve;
}

}  // namespace

Bytes marshal(const TPM2B_PUBLIC& area) {
  return marshal_with(Tss2_MU_TPM2B_PUBLIC_Marshal, area);
}
Bytes marshal(const TPM2B_PRIVATE& area) {
  return marshal_with(Tss2_MU_TPM2B_PRIVATE_Marshal, area);
}

TPM2B_PUBLIC unmarshal_public(ByteView bytes) {
  return unmarshal_with(Tss2_MU_TPM2B_PUBLIC_Unmarshal, bytes);
}
TPM2B_PRIVATE unmarshal_private(ByteView bytes) {
  return unmarshal_with(Tss2_MU_TPM2B_PRIVATE_Unmarshal, bytes);
}

bool made_from(const TPM2B_PUBLIC& area_template, const TPM2B_PUBLIC& key) {
  TPM2B_PUBLIC expected = area_template;
  expected.publicArea.unique = key.publicArea.unique;
  return key.publicArea.type == expected.publicArea.type && marshal(key) == marshal(expected);
}

PublicKey public_key(const TPMT_PUBLIC& area) {
  switch (area.type) {
    case TPM2_ALG_RSA: return rsa_public_key(area);
    case TPM2_ALG_ECC: return ec_public_key(area);
    default: throw Error("read public key", Fault::unsupported, "neither RSA nor EC");
  }
}

void set_public_key(TPMT_PUBLIC& area, const PublicKey& key) {
  std::visit([&](const auto& known) { set(area, known); }, key);
}

std::optional<KeyAlgorithm> algorithm_of(const PublicKey& key) {
  return std::visit([](const auto& known) { return algorithm(known); }, key);
}

Bytes name_of(const TPM2B_PUBLIC& area) {
  constexpr std::size_t size_prefix = 2;
  const Bytes marshalled = marshal(area);
  Bytes name{std::byte{TPM2_ALG_SHA256 >> 8}, std::byte{TPM2_ALG_SHA256 & 0xff}};
  const Bytes digest = sha256({ByteView(marshalled).subspan(size_prefix)});
  name.insert(name.end(), digest.begin(), digest.end());
  return name;
}

}  // namespace edgeseal::tpm
