#include "tpm/signing.h"

#include <boost/test/unit_test.hpp>

#include "tests/tpm/device_fixture.h"
#include "tpm/key_creation.h"

namespace edgeseal::test {
namespace {

using tpm::ChipHashes;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

// Below the device, which asks the chip for its hashes: here a chip is taken for one that has fewer.
struct SigningFixture {
  Swtpm swtpm;
  tpm::Context context{swtpm.tcti(), {}};
  tpm::StorageKey storage_key = tpm::open_storage_key(context, std::nullopt);
  tpm::Session session{context, storage_key.handle.get()};
  tpm::Authorisation authorisation{session, storage_key.handle.get()};

  [[nodiscard]] tpm::CreatedKey create(KeyAlgorithm algorithm) {
    return tpm::create_key(session, storage_key, algorithm, std::nullopt);
  }
  [[nodiscard]] tpm::LoadedKey load(const tpm::CreatedKey& key) {
    return tpm::load_key(session, storage_key, stored(key));
  }
};

tpm::Bytes digest_for(HashAlgorithm hash) {
  tpm::Bytes digest = sha256(bytes_of("a message"));
  const tpm::Bytes more = sha256(digest);
  digest.insert(digest.end(), more.begin(), more.end());
  digest.resize(tpm::digest_size(hash));
  return digest;
}

BOOST_FIXTURE_TEST_SUITE(a_signature, SigningFixture)

BOOST_AUTO_TEST_CASE(is_of_the_hashes_that_the_chip_says_it_has) {
  const ChipHashes hashes(context);
  BOOST_TEST(hashes.has(HashAlgorithm::sha1));
  BOOST_TEST(hashes.has(HashAlgorithm::sha256));
  BOOST_TEST(hashes.has(HashAlgorithm::sha384));
  BOOST_TEST(hashes.has(HashAlgorithm::sha512));
}

BOOST_AUTO_TEST_CASE(with_rsa_is_the_same_without_the_hash) {
  const tpm::LoadedKey key = load(create(KeyAlgorithm::rsa_2048));
  const ChipHashes all(context), none({});
  for (const auto hash : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
    const tpm::Bytes digest = digest_for(hash);
    const tpm::Bytes by_the_chip = tpm::sign_rsa_pkcs1(authorisation, all, key, hash, digest);
    BOOST_TEST((tpm::sign_rsa_pkcs1(authorisation, none, key, hash, digest) == by_the_chip));
  }
}

BOOST_AUTO_TEST_CASE(with_ecdsa_verifies_without_the_hash) {
  const tpm::CreatedKey created = create(KeyAlgorithm::ec_p256);
  const tpm::LoadedKey key = load(created);
  for (const auto only : {HashAlgorithm::sha256, HashAlgorithm::sha512}) {
    for (const auto hash : {HashAlgorithm::sha1, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
      const tpm::Bytes digest = digest_for(hash);
      const auto signature = tpm::sign_ecdsa(authorisation, ChipHashes({only}), key, hash, digest);
      BOOST_TEST(verify_ecdsa(created.public_key, digest, signature));
    }
  }
}

BOOST_AUTO_TEST_CASE(with_ecdsa_verifies_on_a_longer_curve) {
  const tpm::CreatedKey created = create(KeyAlgorithm::ec_p384);
  const tpm::LoadedKey key = load(created);
  const tpm::Bytes digest = digest_for(HashAlgorithm::sha512), shorter = digest_for(HashAlgorithm::sha256);
  const auto signature =
      tpm::sign_ecdsa(authorisation, ChipHashes({HashAlgorithm::sha384}), key, HashAlgorithm::sha512, digest);
  BOOST_TEST(verify_ecdsa(created.public_key, digest, signature));
  const auto of_shorter =
      tpm::sign_ecdsa(authorisation, ChipHashes({HashAlgorithm::sha512}), key, HashAlgorithm::sha256, shorter);
  BOOST_TEST(verify_ecdsa(created.public_key, shorter, of_shorter));
}

BOOST_AUTO_TEST_CASE(that_no_hash_of_the_chip_is_long_enough_for_is_refused) {
  const tpm::LoadedKey key = load(create(KeyAlgorithm::ec_p384));
  const ChipHashes short_ones({HashAlgorithm::sha1, HashAlgorithm::sha256});
  const tpm::Bytes digest = digest_for(HashAlgorithm::sha512);
  BOOST_CHECK_EXCEPTION((void)tpm::sign_ecdsa(authorisation, short_ones, key, HashAlgorithm::sha512, digest),
                        tpm::Error, has_fault(tpm::Fault::unsupported));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
