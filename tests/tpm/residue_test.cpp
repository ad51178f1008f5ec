#include <boost/test/unit_test.hpp>

#include "tests/fakes/software_key.h"
#include "tests/tpm/device_fixture.h"
#include "tests/tpm/memory_search.h"
#include "tpm/random_bytes.h"

namespace edgeseal::test {
namespace {

using tpm::KeyAlgorithm;

// What is left of secrets in this process, which has libtss2 and libcrypto in it.
BOOST_FIXTURE_TEST_SUITE(the_memory_of_a_device, DeviceFixture)

BOOST_AUTO_TEST_CASE(keeps_nothing_of_a_secret_that_was_sealed) {
  tpm::SecretBytes secret = tpm::random_bytes(tpm::KeyDevice::kMaxSecret);
  const MemorySearch search(secret.view());
  const tpm::SealedSecret sealed = device->seal(secret.view());
  BOOST_TEST(search.copies() == 1U);  // ours: the search finds it
  secret = {};
  BOOST_TEST(search.copies() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_nothing_of_a_secret_that_was_unsealed) {
  const tpm::PcrPolicy policy{1U << 7, {}, std::nullopt};
  for (const bool with_policy : {false, true}) {
    tpm::SecretBytes secret = tpm::random_bytes(32);
    const MemorySearch search(secret.view());
    const tpm::SealedSecret sealed = with_policy ? device->seal(secret.view(), policy) : device->seal(secret.view());
    secret = device->unseal(sealed);
    BOOST_TEST(search.copies() == 1U);
    secret = {};
    BOOST_TEST(search.copies() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(keeps_nothing_of_the_auth_value_of_a_key_that_was_created) {
  tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  const MemorySearch search(key.auth.view());
  BOOST_TEST(search.copies() == 1U);
  key.auth = {};
  BOOST_TEST(search.copies() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_nothing_of_a_block_that_was_decrypted) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::rsa_2048);
  tpm::SecretBytes block = device->rsa_private(stored(key), tpm::Bytes(256, std::byte{0x11}));
  const MemorySearch search(block.view().first(32));
  BOOST_TEST(search.copies() == 1U);
  block = {};
  BOOST_TEST(search.copies() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_nothing_of_a_key_that_was_imported) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa_2048, KeyAlgorithm::ec_p256}) {
    std::optional<tpm::PrivateKey> outside = SoftwareKey::generate(algorithm).private_key();
    const auto* rsa = std::get_if<tpm::RsaPrivateKey>(&*outside);
    const MemorySearch search(rsa != nullptr ? rsa->prime.view() : std::get<tpm::EcPrivateKey>(*outside).scalar.view());
    tpm::CreatedKey key = device->import_key(*outside);
    const MemorySearch auth_search(key.auth.view());
    BOOST_TEST(search.copies() == 1U);
    outside.reset();
    key.auth = {};
    BOOST_TEST(search.copies() == 0U);
    BOOST_TEST(auth_search.copies() == 0U);
  }
}

// A session of ESAPI keeps the authValue that was last used in it, until the next one.
BOOST_AUTO_TEST_CASE(keeps_nothing_of_the_auth_value_of_a_key_that_was_evicted_once_another_is_used) {
  tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  const tpm::CreatedKey other = device->create(KeyAlgorithm::ec_p256);
  const MemorySearch search(key.auth.view());
  BOOST_TEST(signs(key));
  const tpm::KeyId id = stored(key).id;
  key.auth = {};
  BOOST_TEST(search.copies() >= 1U);
  device->evict(id);
  BOOST_TEST(signs(other));
  BOOST_TEST(search.copies() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
