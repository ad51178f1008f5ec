#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "tests/tpm/device_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::Fault;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

constexpr std::uint32_t kSlotsOfSwtpm = 3;

BOOST_FIXTURE_TEST_SUITE(a_device_on_a_fresh_tpm, DeviceFixture)

BOOST_AUTO_TEST_CASE(tells_what_the_chip_is_and_can) {
  const tpm::TpmFacts& facts = device->facts();
  BOOST_TEST(facts.manufacturer == "IBM");
  BOOST_TEST(facts.vendor == "SW   TPM");
  BOOST_TEST(facts.revision == "1.64");
  BOOST_TEST(std::ranges::count(facts.firmware, '.') == 1);
  BOOST_TEST(facts.transient_slots == kSlotsOfSwtpm);
  BOOST_TEST(facts.storage_key_handle == 0U);
  BOOST_TEST(facts.storage_key_name.size() == 34U);  // the hash algorithm and a SHA-256 digest
  const auto has = [&](KeyAlgorithm algorithm) { return std::ranges::count(facts.key_algorithms, algorithm) == 1; };
  BOOST_TEST(has(KeyAlgorithm::ec_p256));
  BOOST_TEST(has(KeyAlgorithm::rsa_2048));
  BOOST_TEST(!has(KeyAlgorithm::rsa_4096));
}

BOOST_AUTO_TEST_CASE(signs_with_a_new_p256_key) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  const tpm::EcdsaSignature signature = device->sign_ecdsa(stored(key), HashAlgorithm::sha256, digest);
  BOOST_TEST(verify_ecdsa(key.public_key, digest, signature));
  BOOST_TEST(!verify_ecdsa(key.public_key, sha256(bytes_of("another message")), signature));
}

BOOST_AUTO_TEST_CASE(signs_with_a_new_rsa_2048_key) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::rsa_2048);
  const tpm::Bytes signature = device->sign_rsa_pkcs1(stored(key), HashAlgorithm::sha256, digest);
  BOOST_TEST(verify_rsa_pkcs1(key.public_key, digest, signature));
  BOOST_TEST(!verify_rsa_pkcs1(key.public_key, sha256(bytes_of("another message")), signature));
}

BOOST_AUTO_TEST_CASE(does_the_raw_rsa_operation_with_leading_zeros_kept) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::rsa_2048);
  tpm::Bytes message(256);
  std::fill(message.begin() + 3, message.end(), std::byte{0x5a});
  const tpm::SecretBytes result = device->rsa_private(stored(key), rsa_public(key.public_key, message));
  BOOST_TEST(std::ranges::equal(result.view(), message));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
