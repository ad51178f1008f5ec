#include "tests/fakes/fake_key_device.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/fakes/software_key.h"
#include "tests/tpm/signature_check.h"

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

BOOST_AUTO_TEST_CASE(certifies_its_keys_with_an_attestation_key) {
  const tpm::StoredKey key = new_key();
  const tpm::AttestationKey attestation_key = device->create_attestation_key();
  const tpm::Evidence evidence = device->certify(key, attestation_key, digest);
  const tpm::Bytes& info = evidence.certify_info;
  BOOST_TEST((std::search(info.begin(), info.end(), digest.begin(), digest.end()) != info.end()));
  BOOST_TEST((evidence.public_area != evidence.attestation_public_area));
  BOOST_CHECK_EXCEPTION((void)device->certify(key, attestation_key, tpm::Bytes(33)), Error, has_fault(Fault::failed));
  const tpm::AttestationKey no_attestation_key{key.tss_private_key, tpm::SecretBytes(key.auth.view())};
  BOOST_CHECK_EXCEPTION((void)device->certify(key, no_attestation_key, digest), Error, has_fault(Fault::bad_blob));
  const tpm::StoredKey no_key{{}, attestation_key.tss_private_key, tpm::SecretBytes(attestation_key.auth.view())};
  BOOST_CHECK_EXCEPTION(sign(no_key), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(opens_credentials_for_its_two_keys_alone) {
  const tpm::AttestationKey key = device->create_attestation_key(), other = device->create_attestation_key();
  const auto made = FakeTpm::make_credential(key, tpm::EndorsementKey::rsa_2048, digest);
  const auto activate = [&](const tpm::AttestationKey& attestation_key, tpm::EndorsementKey endorsement_key) {
    return device->activate_credential(attestation_key, endorsement_key, made.credential, made.encrypted_secret);
  };
  BOOST_TEST(std::ranges::equal(activate(key, tpm::EndorsementKey::rsa_2048).view(), digest));
  BOOST_CHECK_EXCEPTION((void)activate(key, tpm::EndorsementKey::ecc_p256), Error, has_fault(Fault::bad_blob));
  BOOST_CHECK_EXCEPTION((void)activate(other, tpm::EndorsementKey::rsa_2048), Error, has_fault(Fault::bad_blob));
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

struct FakePolicyFixture : FakeFixture {
  static constexpr tpm::PcrMask kPcr = 1U << 11;
  const tpm::PcrPolicy now{kPcr, {}, std::nullopt};
  const tpm::Bytes measured = tpm::Bytes(32, std::byte{0xaa});

  static tpm::Bytes digest_with(const tpm::Bytes& value) { return tpm::pcr_digest(std::vector<tpm::Bytes>{value}); }

  static tpm::PcrApproval approval_by(const SoftwareKey& authority, const tpm::Bytes& value) {
    const tpm::Bytes message = sha256(tpm::approved_policy(kPcr, digest_with(value)));
    auto [r, s] = authority.sign_ecdsa(HashAlgorithm::sha256, message);
    r.insert(r.end(), s.begin(), s.end());
    return {authority.public_key(), kPcr, digest_with(value), r};
  }

  [[nodiscard]] tpm::StoredKey new_key_with(const tpm::PcrPolicy& policy) const {
    tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy);
    return {{}, std::move(key.tss_private_key), std::move(key.auth)};
  }
};

BOOST_FIXTURE_TEST_SUITE(the_policies_of_the_fake_key_device, FakePolicyFixture)

BOOST_AUTO_TEST_CASE(hold_while_the_pcrs_are_as_they_were) {
  const tpm::StoredKey key = new_key_with(now);
  const tpm::SealedSecret sealed = device->seal(digest, now);
  BOOST_CHECK_NO_THROW(sign(key));
  BOOST_CHECK_NO_THROW((void)device->unseal(sealed));
  chip.set_pcr(11, measured);
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::pcr_mismatch));
  BOOST_CHECK_EXCEPTION((void)device->unseal(sealed), Error, has_fault(Fault::pcr_mismatch));
  BOOST_TEST((device->read_pcrs(kPcr) == std::vector<tpm::Bytes>{measured}));
}

BOOST_AUTO_TEST_CASE(may_be_of_a_state_to_come) {
  const tpm::StoredKey key = new_key_with({kPcr, digest_with(measured), std::nullopt});
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::pcr_mismatch));
  chip.set_pcr(11, measured);
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(of_an_authority_hold_in_the_states_that_it_approved) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::StoredKey key = new_key_with({kPcr, {}, authority.public_key()});
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::pcr_mismatch));
  device->set_pcr_approvals({approval_by(authority, tpm::Bytes(32)), approval_by(authority, measured)});
  BOOST_CHECK_NO_THROW(sign(key));
  chip.set_pcr(11, measured);
  BOOST_CHECK_NO_THROW(sign(key));
  chip.set_pcr(11, tpm::Bytes(32, std::byte{0xbb}));
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::pcr_mismatch));
}

BOOST_AUTO_TEST_CASE(take_no_approval_of_a_stranger_or_with_a_wrong_signature) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::StoredKey key = new_key_with({kPcr, {}, authority.public_key()});
  device->set_pcr_approvals({approval_by(SoftwareKey::generate(KeyAlgorithm::ec_p256), tpm::Bytes(32))});
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::pcr_mismatch));
  tpm::PcrApproval forged = approval_by(authority, tpm::Bytes(32));
  forged.signature.back() ^= std::byte{1};
  device->set_pcr_approvals({forged});
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(are_refused_as_the_real_one_refuses_them) {
  const tpm::PublicKey p384 = SoftwareKey::generate(KeyAlgorithm::ec_p384).public_key();
  BOOST_CHECK_EXCEPTION((void)device->seal(digest, tpm::PcrPolicy{}), Error, has_fault(Fault::failed));
  BOOST_CHECK_EXCEPTION((void)device->seal(digest, tpm::PcrPolicy{kPcr, {}, p384}), Error,
                        has_fault(Fault::unsupported));
  BOOST_CHECK_EXCEPTION((void)device->read_pcrs(1U << 24), Error, has_fault(Fault::failed));
  const tpm::PcrApproval approval = approval_by(SoftwareKey::generate(KeyAlgorithm::ec_p256), measured);
  BOOST_CHECK_EXCEPTION(device->set_pcr_approvals(std::vector(tpm::KeyDevice::kMaxApprovals + 1, approval)), Error,
                        has_fault(Fault::failed));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_outside_keys_of_the_fake_key_device, FakeFixture)

BOOST_AUTO_TEST_CASE(are_imported_and_stay_the_keys_they_were) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::rsa_2048}) {
    const SoftwareKey outside = SoftwareKey::generate(algorithm);
    tpm::CreatedKey key = device->import_key(outside.private_key());
    BOOST_TEST((key.public_key == outside.public_key()));
    const tpm::StoredKey stored{{}, std::move(key.tss_private_key), std::move(key.auth)};
    if (algorithm == KeyAlgorithm::ec_p256) {
      BOOST_TEST(verify_ecdsa(outside.public_key(), digest, device->sign_ecdsa(stored, HashAlgorithm::sha256, digest)));
    } else {
      const tpm::Bytes signature = device->sign_rsa_pkcs1(stored, HashAlgorithm::sha256, digest);
      BOOST_TEST(verify_rsa_pkcs1(outside.public_key(), digest, signature));
    }
  }
  BOOST_TEST(chip.counts().imports == 2U);
}

BOOST_AUTO_TEST_CASE(are_refused_as_the_real_one_refuses_them) {
  BOOST_CHECK_EXCEPTION((void)device->import_key(SoftwareKey::generate(KeyAlgorithm::ec_p521).private_key()), Error,
                        has_fault(Fault::unsupported));
  auto key = std::get<tpm::EcPrivateKey>(SoftwareKey::generate(KeyAlgorithm::ec_p256).private_key());
  key.scalar.span().back() ^= std::byte{1};
  BOOST_CHECK_EXCEPTION((void)device->import_key(std::move(key)), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(are_exported_with_another_auth_value_and_adopted_again) {
  const tpm::StoredKey key = new_key();
  const tpm::SecretBytes auth(tpm::Bytes(8, std::byte{'x'}));
  const tpm::Bytes exported = device->export_key(key, auth);
  BOOST_CHECK_NO_THROW(sign(key));
  tpm::CreatedKey adopted = device->adopt(exported, auth);
  BOOST_CHECK_NO_THROW(sign({{}, adopted.tss_private_key, std::move(adopted.auth)}));
  BOOST_CHECK_EXCEPTION(sign({{}, adopted.tss_private_key, tpm::SecretBytes(auth.view())}), Error,
                        has_fault(Fault::failed));
  BOOST_CHECK_EXCEPTION((void)device->adopt(exported, {}), Error, has_fault(Fault::bad_blob));
  BOOST_CHECK_EXCEPTION((void)FakeTpm().open()->adopt(exported, auth), Error, has_fault(Fault::bad_blob));
  BOOST_CHECK_EXCEPTION((void)device->adopt(device->seal(digest).tss_private_key, {}), Error,
                        has_fault(Fault::bad_blob));
  BOOST_CHECK_EXCEPTION((void)device->export_key(key, tpm::SecretBytes(33)), Error, has_fault(Fault::failed));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
