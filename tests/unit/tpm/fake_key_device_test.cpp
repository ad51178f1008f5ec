#include "tests/fakes/fake_key_device.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <thread>

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

auto has_fault(Fault fault) {
  return [fault](const Error& error) { return error.fault() == fault; };
}

struct FakeFixture {
  FakeTpm chip;
  std::unique_ptr<tpm::KeyDevice> device = chip.open();
  tpm::Bytes digest = tpm::Bytes(32, std::byte{1});

  tpm::StoredKey new_key(KeyAlgorithm algorithm = KeyAlgorithm::ec_p256) const {
    tpm::CreatedKey key = device->create(algorithm);
    return {{}, std::move(key.tss_private_key), std::move(key.auth)};
  }

  void sign(const tpm::StoredKey& key) const { (void)device->sign_ecdsa(key, HashAlgorithm::sha256, digest); }
};

BOOST_FIXTURE_TEST_SUITE(the_fake_key_device, FakeFixture)

BOOST_AUTO_TEST_CASE(gives_what_the_contract_says) {
  const tpm::CreatedKey ec = device->create(KeyAlgorithm::ec_p256);
  BOOST_TEST(std::get<tpm::EcPublicKey>(ec.public_key).x.size() == 32U);
  const tpm::StoredKey rsa = new_key(KeyAlgorithm::rsa_2048);
  BOOST_TEST(device->sign_rsa_pkcs1(rsa, HashAlgorithm::sha256, digest).size() == 256U);
  BOOST_TEST(device->rsa_private(rsa, tpm::Bytes(256, std::byte{0})).size() == 256U);
  BOOST_CHECK_EXCEPTION((void)device->create(KeyAlgorithm::ec_p521), Error, has_fault(Fault::unsupported));
  BOOST_CHECK_EXCEPTION(sign(rsa), Error, has_fault(Fault::failed));
}

BOOST_AUTO_TEST_CASE(knows_its_keys_from_those_of_another_chip) {
  const tpm::StoredKey key = new_key();
  device = chip.open();
  BOOST_CHECK_NO_THROW(sign(key));
  device = FakeTpm().open();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(refuses_a_wrong_auth_value) {
  tpm::StoredKey key = new_key();
  key.auth = tpm::SecretBytes(32);
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::failed));
}

BOOST_AUTO_TEST_CASE(seals_and_opens_what_it_sealed) {
  for (const std::size_t size : {std::size_t{1}, tpm::KeyDevice::kMaxSecret}) {
    const tpm::Bytes secret(size, std::byte{0x5a});
    BOOST_TEST(std::ranges::equal(device->unseal(device->seal(secret)).view(), secret));
  }
  BOOST_CHECK_EXCEPTION((void)device->seal({}), Error, has_fault(Fault::failed));
  BOOST_CHECK_EXCEPTION((void)device->seal(tpm::Bytes(tpm::KeyDevice::kMaxSecret + 1)), Error,
                        has_fault(Fault::failed));
  BOOST_TEST(chip.counts().seals == 4U);
  BOOST_TEST(chip.counts().unseals == 2U);
}

BOOST_AUTO_TEST_CASE(refuses_sealed_data_as_the_real_one_does) {
  tpm::SealedSecret sealed = device->seal(digest);
  const tpm::SealedSecret foreign = FakeTpm().open()->seal(digest);
  BOOST_CHECK_EXCEPTION((void)device->unseal(foreign), Error, has_fault(Fault::bad_blob));
  const tpm::SealedSecret wrong{sealed.tss_private_key, tpm::SecretBytes(32)};
  BOOST_CHECK_EXCEPTION((void)device->unseal(wrong), Error, has_fault(Fault::failed));
  tpm::StoredKey key = new_key();
  const tpm::SealedSecret no_secret{key.tss_private_key, tpm::SecretBytes(key.auth.view())};
  BOOST_CHECK_EXCEPTION((void)device->unseal(no_secret), Error, has_fault(Fault::bad_blob));
  key.tss_private_key = sealed.tss_private_key;
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::bad_blob));
  while (!sealed.tss_private_key.empty()) {
    sealed.tss_private_key.pop_back();
    BOOST_CHECK_EXCEPTION((void)device->unseal(sealed), Error, has_fault(Fault::bad_blob));
  }
}

BOOST_AUTO_TEST_CASE(takes_entropy_up_to_its_limit_and_counts_it) {
  device->stir_random(digest);
  device->stir_random(tpm::Bytes(tpm::KeyDevice::kMaxEntropy));
  BOOST_CHECK_EXCEPTION(device->stir_random(tpm::Bytes(tpm::KeyDevice::kMaxEntropy + 1)), Error,
                        has_fault(Fault::failed));
  BOOST_TEST(chip.counts().stirs == 3U);
}

BOOST_AUTO_TEST_CASE(keeps_an_anchor_that_only_goes_forwards) {
  BOOST_TEST(!device->read_anchor());
  BOOST_CHECK_EXCEPTION(device->mark_configured(), Error, has_fault(Fault::failed));
  BOOST_CHECK_EXCEPTION((void)device->count_failed_try(), Error, has_fault(Fault::failed));
  BOOST_TEST(!device->define_anchor().configured);
  BOOST_TEST(device->count_failed_try() == 1U);
  BOOST_TEST(device->count_failed_try() == 2U);
  BOOST_TEST(device->advance_generation() == 1U);
  device->mark_configured();
  device = chip.open();
  const tpm::Anchor anchor = device->define_anchor();
  BOOST_TEST(anchor.configured);
  BOOST_TEST(anchor.failed_tries == 2U);
  BOOST_TEST(anchor.generation == 1U);
  BOOST_TEST(chip.anchor()->generation == 1U);
  BOOST_TEST(chip.counts().anchor_writes == 8U);
}

BOOST_AUTO_TEST_CASE(gives_its_anchor_up_to_the_owner_alone) {
  (void)device->define_anchor();
  chip.set_owner_auth(digest);
  BOOST_CHECK_EXCEPTION(device->remove_anchor({}), Error, has_fault(Fault::failed));
  device->remove_anchor(tpm::SecretBytes(digest));
  BOOST_TEST(!device->read_anchor());
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, has_fault(Fault::failed));
  chip.set_anchor(tpm::Anchor{.configured = true, .failed_tries = 3, .generation = 7});
  BOOST_TEST(device->read_anchor()->generation == 7U);
}

BOOST_AUTO_TEST_CASE(tells_what_it_was_given_to_tell) {
  BOOST_TEST(!device->lockout().active);
  chip.set_lockout({.active = true, .failed_tries = 5, .max_tries = 5, .recovery = std::chrono::seconds(60)});
  BOOST_TEST(device->lockout().active);
  BOOST_TEST((device->lockout().recovery == std::chrono::seconds(60)));
  BOOST_TEST(device->manufacturer_keys().empty());
  tpm::ManufacturerKey endorsement_key;
  endorsement_key.nv_index = 0x01c00002;
  chip.set_manufacturer_keys({endorsement_key});
  BOOST_TEST(device->manufacturer_keys().front().nv_index == 0x01c00002U);
}

BOOST_AUTO_TEST_CASE(fails_once_or_until_told_otherwise) {
  const tpm::StoredKey key = new_key();
  chip.fail_once(Fault::busy);
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::busy));
  BOOST_CHECK_NO_THROW(sign(key));
  chip.fail(Fault::locked_out);
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::locked_out));
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::locked_out));
  chip.fail(std::nullopt);
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(is_of_no_use_after_a_transport_failure) {
  const tpm::StoredKey key = new_key();
  chip.fail_once(Fault::transport);
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  device = chip.open();
  BOOST_CHECK_NO_THROW(sign(key));
  BOOST_TEST(chip.counts().opens == 2U);
}

BOOST_AUTO_TEST_CASE(fails_to_open_as_told) {
  chip.fail_opening(Fault::absent);
  BOOST_CHECK_EXCEPTION((void)chip.open(), Error, has_fault(Fault::absent));
}

BOOST_AUTO_TEST_CASE(holds_an_operation_until_released) {
  const tpm::StoredKey key = new_key();
  chip.block();
  std::jthread other([&] { sign(key); });
  chip.wait_until_blocked();
  BOOST_TEST(chip.counts().signatures == 1U);
  chip.release();
  other.join();
  BOOST_TEST(chip.counts().operations() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
