#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/tpm/device_fixture.h"
#include "tests/tpm/loaded_handles.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

constexpr std::uint32_t kSlotsOfSwtpm = 3;

BOOST_FIXTURE_TEST_SUITE(a_device, DeviceFixture)

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

BOOST_AUTO_TEST_CASE(does_the_raw_rsa_operation_and_keeps_leading_zeros) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::rsa_2048);
  tpm::Bytes message(256);
  std::fill(message.begin() + 3, message.end(), std::byte{0x5a});
  const tpm::SecretBytes result = device->rsa_private(stored(key), rsa_public(key.public_key, message));
  BOOST_TEST(std::ranges::equal(result.view(), message));
}

BOOST_AUTO_TEST_CASE(takes_every_hash_of_the_contract) {
  const tpm::StoredKey ec = stored(device->create(KeyAlgorithm::ec_p256));
  const tpm::StoredKey rsa = stored(device->create(KeyAlgorithm::rsa_2048));
  const std::pair<HashAlgorithm, std::size_t> hashes[] = {
      {HashAlgorithm::sha1, 20}, {HashAlgorithm::sha256, 32}, {HashAlgorithm::sha384, 48}, {HashAlgorithm::sha512, 64}};
  for (const auto& [hash, size] : hashes) {
    const tpm::Bytes hashed(size, std::byte{7});
    BOOST_TEST(!device->sign_ecdsa(ec, hash, hashed).r.empty());
    BOOST_TEST(device->sign_rsa_pkcs1(rsa, hash, hashed).size() == 256U);
  }
}

BOOST_AUTO_TEST_CASE(still_has_its_keys_when_opened_again) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  reopen();
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_CASE(still_has_its_keys_after_a_power_cycle) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  swtpm.stop();
  swtpm.start();
  reopen();
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_CASE(serves_fifty_keys_from_three_slots) {
  std::vector<tpm::CreatedKey> keys;
  for (int i = 0; i < 50; ++i) keys.push_back(device->create(KeyAlgorithm::ec_p256));
  for (int round = 0; round < 2; ++round) {
    for (const tpm::CreatedKey& key : keys) BOOST_TEST(signs(key));
  }
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(forgets_an_evicted_key_and_ignores_an_unknown_one) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  BOOST_TEST(signs(key));
  device->evict(stored(key).id);
  device->evict(tpm::KeyId{});
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_CASE(refuses_an_algorithm_that_the_chip_lacks_and_names_what_it_has_and_what_else_there_is) {
  BOOST_CHECK_EXCEPTION((void)device->create(KeyAlgorithm::rsa_4096), Error, [](const Error& error) {
    const std::string text = error.what();
    return error.fault() == Fault::unsupported && text.find("no rsa-4096") != text.npos &&
           text.find("ec-p256") != text.npos && text.find("\"sealed\"") != text.npos;
  });
}

BOOST_AUTO_TEST_CASE(refuses_a_blob_of_another_tpm) {
  Swtpm other_swtpm;
  const auto other = tpm::open_esys_key_device(settings_for(other_swtpm.tcti()));
  const tpm::StoredKey foreign = stored(other->create(KeyAlgorithm::ec_p256));
  BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(foreign, HashAlgorithm::sha256, digest), Error,
                        has_fault(Fault::bad_blob));
  BOOST_TEST(signs(device->create(KeyAlgorithm::ec_p256)));
}

BOOST_AUTO_TEST_CASE(refuses_a_damaged_blob_wherever_the_damage_is) {
  constexpr std::size_t empty_auth_value = 15;  // a note for people's tools: the authValue decides
  const tpm::StoredKey key = stored(device->create(KeyAlgorithm::ec_p256));
  for (std::size_t position = 0; position < key.tss_private_key.size(); ++position) {
    if (position == empty_auth_value) continue;
    tpm::StoredKey damaged{{}, key.tss_private_key, copy_of(key.auth)};
    damaged.tss_private_key[position] ^= std::byte{0x01};
    BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(damaged, HashAlgorithm::sha256, digest), Error,
                          has_fault(Fault::bad_blob));
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_wrong_auth_value_and_does_not_lock_out) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  tpm::StoredKey wrong = stored(key);
  wrong.auth = tpm::SecretBytes(32);
  for (int i = 0; i < 40; ++i) {
    BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(wrong, HashAlgorithm::sha256, digest), Error,
                          has_fault(Fault::failed));
  }
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit_the_key) {
  const tpm::StoredKey ec = stored(device->create(KeyAlgorithm::ec_p256));
  const tpm::CreatedKey rsa = device->create(KeyAlgorithm::rsa_2048);
  const tpm::ByteView short_digest = tpm::ByteView(digest).first(31);
  BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(ec, HashAlgorithm::sha256, short_digest), Error,
                        has_fault(Fault::failed));
  BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(stored(rsa), HashAlgorithm::sha256, digest), Error,
                        has_fault(Fault::unsupported));
  BOOST_CHECK_EXCEPTION((void)device->sign_rsa_pkcs1(ec, HashAlgorithm::sha256, digest), Error,
                        has_fault(Fault::unsupported));
  BOOST_CHECK_EXCEPTION((void)device->rsa_private(stored(rsa), digest), Error, has_fault(Fault::failed));
  const tpm::Bytes above_modulus(256, std::byte{0xff});
  BOOST_CHECK_EXCEPTION((void)device->rsa_private(stored(rsa), above_modulus), Error, has_fault(Fault::failed));
  BOOST_TEST(signs(rsa));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
