#include <tss2/tss2_mu.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/fakes/fake_key_device.h"
#include "tests/tpm/hexadecimal.h"
#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/manufactured_fixture.h"
#include "tpm/marshal.h"
#include "tpm/memory.h"
#include "tpm/public_area.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::KeyAlgorithm;

tpm::Bytes name_of(tpm::ByteView public_area) {
  tpm::Bytes name{std::byte{0}, std::byte{TPM2_ALG_SHA256}};
  const tpm::Bytes digest = sha256(public_area);
  name.insert(name.end(), digest.begin(), digest.end());
  return name;
}

// As any verifier would, with nothing but the four parts.
struct Verified {
  TPMS_ATTEST info;
  bool signature_is_good;
};

Verified verify(const tpm::Evidence& evidence) {
  const auto signer =
      tpm::unmarshal_with(Tss2_MU_TPMT_PUBLIC_Unmarshal, tpm::ByteView(evidence.attestation_public_area));
  const auto signature = tpm::unmarshal_with(Tss2_MU_TPMT_SIGNATURE_Unmarshal, tpm::ByteView(evidence.signature));
  const auto info = tpm::unmarshal_with(Tss2_MU_TPMS_ATTEST_Unmarshal, tpm::ByteView(evidence.certify_info));
  const TPMS_SIGNATURE_ECC& ecdsa = signature.signature.ecdsa;
  BOOST_TEST(signature.sigAlg == TPM2_ALG_ECDSA);
  return {info, verify_ecdsa(tpm::public_key(signer), sha256(evidence.certify_info),
                             {tpm::copy(ecdsa.signatureR), tpm::copy(ecdsa.signatureS)})};
}

struct EvidenceFixture : TracedFixture {
  tpm::Bytes nonce = sha256(bytes_of("a nonce"));
  tpm::AttestationKey attestation_key = device->create_attestation_key();

  void check_certified(const tpm::CreatedKey& key) const {
    const tpm::Evidence shown = device->certify(stored(key), attestation_key, nonce);
    const Verified verified = verify(shown);
    BOOST_TEST(verified.signature_is_good);
    BOOST_TEST(verified.info.magic == TPM2_GENERATED_VALUE);
    BOOST_TEST(verified.info.type == TPM2_ST_ATTEST_CERTIFY);
    BOOST_TEST((tpm::copy(verified.info.extraData) == nonce));
    const TPM2B_NAME& name = verified.info.attested.certify.name;
    BOOST_TEST(std::ranges::equal(std::as_bytes(std::span(name.name, name.size)), name_of(shown.public_area)));
    const auto area = tpm::unmarshal_with(Tss2_MU_TPMT_PUBLIC_Unmarshal, tpm::ByteView(shown.public_area));
    BOOST_TEST((area.objectAttributes & TPMA_OBJECT_FIXEDTPM) != 0U);
    BOOST_TEST((tpm::public_key(area) == key.public_key));
  }
};

BOOST_FIXTURE_TEST_SUITE(evidence, EvidenceFixture)

BOOST_AUTO_TEST_CASE(shows_who_has_the_key_and_is_signed) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::ec_p384, KeyAlgorithm::rsa_2048}) {
    check_certified(device->create(algorithm));
  }
}

BOOST_AUTO_TEST_CASE(of_the_fake_verifies_like_that_of_a_chip) {
  device = FakeTpm().open();
  attestation_key = device->create_attestation_key();
  check_certified(device->create(KeyAlgorithm::ec_p256));
  check_certified(device->create(KeyAlgorithm::rsa_2048));
}

BOOST_AUTO_TEST_CASE(does_not_hold_for_a_word_more_or_less) {
  tpm::Evidence shown = device->certify(new_key(), attestation_key, nonce);
  shown.certify_info[20] ^= std::byte{1};
  BOOST_TEST(!verify(shown).signature_is_good);
}

BOOST_AUTO_TEST_CASE(takes_a_nonce_up_to_its_limit) {
  const tpm::StoredKey key = new_key();
  BOOST_TEST(verify(device->certify(key, attestation_key, {})).info.extraData.size == 0U);
  (void)commands();
  BOOST_CHECK_EXCEPTION((void)device->certify(key, attestation_key, tpm::Bytes(33)), Error, has_fault(Fault::failed));
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_CASE(outlives_a_power_cycle) {
  const tpm::StoredKey key = new_key();
  swtpm.stop();
  swtpm.start();
  open();
  BOOST_TEST(verify(device->certify(key, attestation_key, nonce)).signature_is_good);
}

BOOST_AUTO_TEST_CASE(makes_room_among_loaded_keys_and_leaves_nothing) {
  const tpm::StoredKey first = new_key(), second = new_key();
  sign(first);
  sign(second);  // with the storage key, every slot is taken
  BOOST_TEST(verify(device->certify(first, attestation_key, nonce)).signature_is_good);
  sign(first);
  sign(second);
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(is_not_signed_by_a_key_that_signs_anything) {
  const tpm::StoredKey key = new_key();
  const tpm::AttestationKey no_attestation_key{key.tss_private_key, copy_of(key.auth)};
  BOOST_CHECK_EXCEPTION((void)device->certify(key, no_attestation_key, nonce), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(needs_both_auth_values) {
  const tpm::StoredKey key = new_key();
  tpm::StoredKey wrong{key.id, key.tss_private_key, tpm::SecretBytes(32)};
  BOOST_CHECK_EXCEPTION((void)device->certify(wrong, attestation_key, nonce), Error, has_fault(Fault::failed));
  const tpm::AttestationKey wrong_signer{attestation_key.tss_private_key, tpm::SecretBytes(32)};
  BOOST_CHECK_EXCEPTION((void)device->certify(key, wrong_signer, nonce), Error, has_fault(Fault::failed));
  BOOST_TEST(verify(device->certify(key, attestation_key, nonce)).signature_is_good);
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(by_an_attestation_key_does_not_sign_what_is_given_to_it) {
  const tpm::StoredKey as_key{{}, attestation_key.tss_private_key, copy_of(attestation_key.auth)};
  BOOST_CHECK_EXCEPTION(sign(as_key), Error, has_fault(Fault::failed));
}

// TPM2_Certify: TPM_RC_RETRY, then an I/O error
BOOST_AUTO_TEST_CASE(survives_a_busy_chip_and_a_failed_transport) {
  const tpm::StoredKey key = new_key();
  open_with("148 1-3 rc=922\n148 4 rc=a000a");
  BOOST_CHECK_EXCEPTION((void)device->certify(key, attestation_key, nonce), Error, has_fault(Fault::transport));
  open_without_faults();
  BOOST_TEST(verify(device->certify(key, attestation_key, nonce)).signature_is_good);
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

struct CredentialFixture : ManufacturedFixture {
  tpm::AttestationKey attestation_key = device->create_attestation_key();
  tpm::Bytes secret = sha256(bytes_of("a challenge"));
  tpm::Bytes credential, encrypted_secret;

  // What a verifier does who has the endorsement key's public area from its certificate.
  void make_credential(const std::string& endorsement_public_area, const std::string& key_type) {
    const auto blob = tpm::decode_tss_private_key(attestation_key.tss_private_key);
    write("secret", secret);
    const std::string name = hexadecimal(name_of(tpm::ByteView(blob.public_area).subspan(2)));
    (void)run("tpm2_makecredential -Q -T none -u " + endorsement_public_area + " -s secret -n " + name + " -o " +
              key_type);
    split(read(key_type));
  }

  // Another key than that of the low range, which has another policy.
  void make_high_range_key() {
    write("policy-b", sha256(bytes_of("whatever the policy is, the authValue will do")));
    (void)tool(
        "tpm2_createprimary -Q -C e -G ecc256:aes128cfb -g sha256 -c ek.ctx -L policy-b -a "
        "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|adminwithpolicy|"
        "restricted|decrypt' && tpm2_evictcontrol -Q -C o -c ek.ctx 0x81010014 && tpm2_flushcontext -Q -t && "
        "tpm2_readpublic -Q -c 0x81010014 -o ek.pub");
  }

  void open_credential(tpm::EndorsementKey kind) {
    BOOST_TEST(std::ranges::equal(
        device->activate_credential(attestation_key, kind, credential, encrypted_secret).view(), secret));
  }

  void check_refused(tpm::EndorsementKey kind, Fault fault) {
    BOOST_CHECK_EXCEPTION((void)device->activate_credential(attestation_key, kind, credential, encrypted_secret), Error,
                          [&](const Error& error) {
                            BOOST_TEST_MESSAGE(error.what());
                            return error.fault() == fault;
                          });
  }

  void check_refused_with_remedy(tpm::EndorsementKey kind) {
    BOOST_CHECK_EXCEPTION((void)device->activate_credential(attestation_key, kind, credential, encrypted_secret), Error,
                          [](const Error& error) {
                            return error.fault() == Fault::failed &&
                                   std::string(error.what()).find("tpm2_changeauth -c endorsement") !=
                                       std::string::npos;
                          });
  }

 private:
  // The file of tpm2-tools: eight bytes of its own, then both TPM2Bs.
  void split(const tpm::Bytes& file) {
    const auto take = [rest = tpm::ByteView(file).subspan(8)]() mutable {
      const std::size_t size = std::to_integer<std::size_t>(rest[0]) << 8 | std::to_integer<std::size_t>(rest[1]);
      const tpm::ByteView content = rest.subspan(2, size);
      rest = rest.subspan(2 + size);
      return tpm::Bytes(content.begin(), content.end());
    };
    auto next = take;
    credential = next();
    encrypted_secret = next();
  }
};

BOOST_FIXTURE_TEST_SUITE(a_credential, CredentialFixture)

BOOST_AUTO_TEST_CASE(for_the_persistent_endorsement_key_is_opened_without_making_a_primary) {
  (void)tool("tpm2_readpublic -Q -c 0x81010001 -o ek.pub");
  make_credential("ek.pub", "rsa");
  (void)commands();
  open_credential(tpm::EndorsementKey::rsa_2048);
  BOOST_TEST(count(commands(), command::kCreatePrimary) == 0);
}

BOOST_AUTO_TEST_CASE(for_an_endorsement_key_that_must_be_made_is_opened) {
  (void)tool("tpm2_createek -Q -G ecc -c ek.ctx -u ek.pub && tpm2_flushcontext -Q -t");
  make_credential("ek.pub", "ecc");
  open_credential(tpm::EndorsementKey::ecc_p256);
  (void)tool("tpm2_evictcontrol -Q -C o -c 0x81010001");
  (void)tool("tpm2_createek -Q -G rsa -c ek.ctx -u ek.pub && tpm2_flushcontext -Q -t");
  make_credential("ek.pub", "rsa");
  open_credential(tpm::EndorsementKey::rsa_2048);
}

BOOST_AUTO_TEST_CASE(for_an_endorsement_key_of_the_high_range_is_opened) {
  make_high_range_key();
  make_credential("ek.pub", "ecc");
  open_credential(tpm::EndorsementKey::ecc_p256);
}

BOOST_AUTO_TEST_CASE(for_any_of_several_endorsement_keys_of_a_kind_is_opened) {
  make_high_range_key();
  (void)tool("tpm2_createek -Q -G ecc -c low.ctx -u low.pub && tpm2_flushcontext -Q -t");
  make_credential("low.pub", "ecc");
  open_credential(tpm::EndorsementKey::ecc_p256);  // the primary, not the persistent one
  (void)tool("tpm2_evictcontrol -Q -C o -c low.ctx 0x81010002 && tpm2_flushcontext -Q -t");
  make_credential("ek.pub", "ecc");
  open_credential(tpm::EndorsementKey::ecc_p256);  // the second persistent one
}

BOOST_AUTO_TEST_CASE(leaves_nothing_in_the_chip_whether_it_opens_or_not) {
  (void)tool("tpm2_createek -Q -G ecc -c ek.ctx -u ek.pub && tpm2_flushcontext -Q -t");
  make_credential("ek.pub", "ecc");
  for (int i = 0; i < 5; ++i) open_credential(tpm::EndorsementKey::ecc_p256);
  encrypted_secret.back() ^= std::byte{1};
  for (int i = 0; i < 5; ++i) check_refused(tpm::EndorsementKey::ecc_p256, Fault::bad_blob);
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(for_another_key_is_refused) {
  (void)tool("tpm2_readpublic -Q -c 0x81010001 -o ek.pub");
  make_credential("ek.pub", "rsa");
  check_refused(tpm::EndorsementKey::ecc_p256, Fault::bad_blob);
  attestation_key = device->create_attestation_key();
  (void)commands();
  check_refused(tpm::EndorsementKey::rsa_2048, Fault::bad_blob);
  BOOST_TEST(count(commands(), command::kCreatePrimary) == 0);  // it would be the persistent one again
}

BOOST_AUTO_TEST_CASE(of_an_unfit_size_is_refused_without_a_command) {
  (void)commands();
  for (const std::size_t size : {std::size_t{0}, std::size_t{10000}}) {
    credential = tpm::Bytes(size);
    encrypted_secret = tpm::Bytes(32);
    check_refused(tpm::EndorsementKey::rsa_2048, Fault::failed);
    std::swap(credential, encrypted_secret);
    check_refused(tpm::EndorsementKey::rsa_2048, Fault::failed);
  }
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_CASE(needs_an_endorsement_hierarchy_without_auth_value_and_says_so) {
  (void)tool("tpm2_createek -Q -G ecc -c ek.ctx -u ek.pub && tpm2_flushcontext -Q -t");
  make_credential("ek.pub", "ecc");
  (void)tool("tpm2_changeauth -Q -c endorsement secret");
  check_refused_with_remedy(tpm::EndorsementKey::ecc_p256);
  (void)tool("tpm2_changeauth -Q -c endorsement -p secret");
  open_credential(tpm::EndorsementKey::ecc_p256);
}

// Its policy asks for the authValue of the hierarchy.
BOOST_AUTO_TEST_CASE(needs_the_same_for_the_persistent_endorsement_key) {
  (void)tool("tpm2_readpublic -Q -c 0x81010001 -o ek.pub");
  make_credential("ek.pub", "rsa");
  (void)tool("tpm2_changeauth -Q -c endorsement secret");
  check_refused_with_remedy(tpm::EndorsementKey::rsa_2048);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
