#include "tests/memory/private_numbers.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace edgeseal::test {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using NumberPtr = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

constexpr std::array names{OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                           OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                           OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
                           OSSL_PKEY_PARAM_PRIV_KEY};

KeyPtr decode(tpm::ByteView encoded) {
  EVP_PKEY* key = nullptr;
  const std::unique_ptr<OSSL_DECODER_CTX, decltype(&OSSL_DECODER_CTX_free)> decoder(
      OSSL_DECODER_CTX_new_for_pkey(&key, nullptr, nullptr, nullptr, EVP_PKEY_KEYPAIR, nullptr, nullptr),
      OSSL_DECODER_CTX_free);
  const auto* data = reinterpret_cast<const unsigned char*>(encoded.data());
  std::size_t size = encoded.size();
  if (!decoder || OSSL_DECODER_from_data(decoder.get(), &data, &size) != 1)
    throw std::runtime_error("the private key to look for does not parse");
  return {key, EVP_PKEY_free};
}

tpm::Bytes octets_of(EVP_PKEY& key, const char* name) {
  std::array<unsigned char, 64> raw{};  // Ed25519 has no number, but a seed
  std::size_t size = raw.size();
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(&key, name, &number) == 1) {
    const NumberPtr owner(number, BN_free);
    tpm::Bytes octets(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(octets.data()));
    return octets;
  }
  if (name != std::string_view(OSSL_PKEY_PARAM_PRIV_KEY) || EVP_PKEY_get_raw_private_key(&key, raw.data(), &size) != 1)
    return {};
  const auto octets = std::as_bytes(std::span(raw).first(size));
  return {octets.begin(), octets.end()};
}

}  // namespace

std::vector<PrivateNumber> private_numbers(tpm::ByteView encoded) {
  const KeyPtr key = decode(encoded);
  std::vector<PrivateNumber> numbers;
  for (const char* const name : names)
    if (tpm::Bytes octets = octets_of(*key, name); !octets.empty()) numbers.push_back({name, std::move(octets)});
  if (numbers.empty()) throw std::runtime_error("the key to look for has no private numbers");
  return numbers;
}

}  // namespace edgeseal::test
