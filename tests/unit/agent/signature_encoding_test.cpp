#include <openssl/rsa.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "agent/error.h"
#include "agent/keys/signature_encoding.h"
#include "agent/openssl.h"

using namespace edgeseal;
using agent::KeyContextPtr;

namespace {

agent::PublicKeyPtr rsa_key(unsigned bits) {
  return agent::PublicKeyPtr(EVP_RSA_gen(bits));
}

// The raw private operation, as the TPM does it.
tpm::Bytes raw_operation(EVP_PKEY& key, const tpm::Bytes& block) {
  const KeyContextPtr context(EVP_PKEY_CTX_new(&key, nullptr));
  BOOST_REQUIRE(EVP_PKEY_sign_init(context.get()) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) > 0);
  tpm::Bytes result(static_cast<std::size_t>(EVP_PKEY_get_size(&key)));
  std::size_t size = result.size();
  BOOST_REQUIRE(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(result.data()), &size,
                              agent::octets(block), block.size()) > 0);
  return result;
}

bool verifies_pss(EVP_PKEY& key, const EVP_MD* md, int salt, const tpm::Bytes& digest, const tpm::Bytes& signature) {
  const KeyContextPtr context(EVP_PKEY_CTX_new(&key, nullptr));
  BOOST_REQUIRE(EVP_PKEY_verify_init(context.get()) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_signature_md(context.get(), md) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), salt) > 0);
  return EVP_PKEY_verify(context.get(), agent::octets(signature), signature.size(), agent::octets(digest),
                         digest.size()) == 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signature_encoding)

BOOST_AUTO_TEST_CASE(pss_verifies_with_exactly_the_salt_asked_for) {
  const auto key = rsa_key(2048);
  const tpm::Bytes digest(32, std::byte{0x5a});
  for (const int salt : {0, 20, 32, 222}) {
    const auto block = agent::encode_pss(tpm::HashAlgorithm::sha256, digest, static_cast<std::size_t>(salt), 2048);
    BOOST_TEST(block.size() == 256u);
    BOOST_TEST(verifies_pss(*key, EVP_sha256(), salt, digest, raw_operation(*key, block)));
    BOOST_TEST(!verifies_pss(*key, EVP_sha256(), salt + 1, digest, raw_operation(*key, block)));
  }
}

BOOST_AUTO_TEST_CASE(pss_serves_the_larger_hashes_and_a_modulus_of_odd_length) {
  for (const unsigned asked : {2048u, 1031u, 1033u}) {
    const auto key = rsa_key(asked);
    const auto bits = static_cast<std::size_t>(EVP_PKEY_get_bits(key.get()));
    const tpm::Bytes digest(48, std::byte{0x11});
    const auto block = agent::encode_pss(tpm::HashAlgorithm::sha384, digest, 48, bits);
    BOOST_TEST(block.size() == (bits + 7) / 8);
    BOOST_TEST(verifies_pss(*key, EVP_sha384(), 48, digest, raw_operation(*key, block)));
  }
}

BOOST_AUTO_TEST_CASE(a_salt_that_does_not_fit_is_refused) {
  const tpm::Bytes digest(32);
  for (const std::size_t salt : {std::size_t{223}, std::size_t{65535}, std::size_t{0} - 1})
    BOOST_CHECK_THROW((void)agent::encode_pss(tpm::HashAlgorithm::sha256, digest, salt, 2048), agent::Error);
}

BOOST_AUTO_TEST_CASE(every_pss_block_has_a_salt_of_its_own) {
  const tpm::Bytes digest(32);
  BOOST_TEST((agent::encode_pss(tpm::HashAlgorithm::sha256, digest, 32, 2048) !=
              agent::encode_pss(tpm::HashAlgorithm::sha256, digest, 32, 2048)));
}

BOOST_AUTO_TEST_CASE(ecdsa_numbers_become_minimal_der_integers) {
  const tpm::EcdsaSignature signature{{std::byte{0}, std::byte{0}, std::byte{0x81}}, {std::byte{0}, std::byte{0x7f}}};
  const tpm::Bytes expected = {std::byte{0x30}, std::byte{0x07}, std::byte{0x02}, std::byte{0x02}, std::byte{0x00},
                               std::byte{0x81}, std::byte{0x02}, std::byte{0x01}, std::byte{0x7f}};
  BOOST_TEST((agent::encode_ecdsa(signature) == expected));
}

BOOST_AUTO_TEST_SUITE_END()
