#include <boost/test/unit_test.hpp>

#include "tests/fakes/software_key.h"
#include "tests/tpm/dump_fixture.h"
#include "tests/tpm/loaded_handles.h"
#include "tpm/public_area.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

tpm::ByteView secret_of(const tpm::PrivateKey& key) {
  const auto* rsa = std::get_if<tpm::RsaPrivateKey>(&key);
  return rsa != nullptr ? rsa->prime.view() : std::get<tpm::EcPrivateKey>(key).scalar.view();
}

struct ImportFixture : DumpFixture {
  ImportFixture() { open(); }  // again, with the dump

  [[nodiscard]] bool signs(const tpm::CreatedKey& key) const {
    if (std::holds_alternative<tpm::RsaPublicKey>(key.public_key)) {
      return verify_rsa_pkcs1(key.public_key, digest,
                              device->sign_rsa_pkcs1(stored(key), HashAlgorithm::sha256, digest));
    }
    return verify_ecdsa(key.public_key, digest, device->sign_ecdsa(stored(key), HashAlgorithm::sha256, digest));
  }

  void check_refused(const tpm::PrivateKey& key, Fault fault) const {
    BOOST_CHECK_EXCEPTION((void)device->import_key(key), Error, [&](const Error& error) {
      BOOST_TEST_MESSAGE(error.what());
      return error.fault() == fault;
    });
  }
};

BOOST_FIXTURE_TEST_SUITE(an_outside_key, ImportFixture)

BOOST_AUTO_TEST_CASE(signs_as_the_key_it_was) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::ec_p384, KeyAlgorithm::rsa_2048}) {
    const SoftwareKey outside = SoftwareKey::generate(algorithm);
    const tpm::CreatedKey key = device->import_key(outside.private_key());
    BOOST_TEST(key.auth.size() == 32U);
    BOOST_TEST((tpm::algorithm_of(key.public_key) == algorithm));
    BOOST_TEST(signs({outside.public_key(), key.tss_private_key, copy_of(key.auth)}));
  }
}

BOOST_AUTO_TEST_CASE(that_is_rsa_decrypts_too) {
  const tpm::CreatedKey key = device->import_key(SoftwareKey::generate(KeyAlgorithm::rsa_2048).private_key());
  tpm::Bytes message(256, std::byte{0x5a});
  message.front() = std::byte{0};
  const tpm::SecretBytes result = device->rsa_private(stored(key), rsa_public(key.public_key, message));
  BOOST_TEST(std::ranges::equal(result.view(), message));
}

BOOST_AUTO_TEST_CASE(says_that_it_was_not_made_here) {
  const tpm::CreatedKey key = device->import_key(SoftwareKey::generate(KeyAlgorithm::ec_p256).private_key());
  const tpm::TssPrivateKey blob = tpm::decode_tss_private_key(key.tss_private_key);
  const TPMA_OBJECT attributes = tpm::unmarshal_public(blob.public_area).publicArea.objectAttributes;
  constexpr TPMA_OBJECT unwanted = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;
  BOOST_TEST((attributes & unwanted) == 0U);
  BOOST_TEST((attributes & TPMA_OBJECT_NODA) == TPMA_OBJECT_NODA);
}

BOOST_AUTO_TEST_CASE(never_crosses_the_bus_in_clear) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::rsa_2048}) {
    const tpm::PrivateKey outside = SoftwareKey::generate(algorithm).private_key();
    const tpm::CreatedKey key = device->import_key(outside);
    BOOST_TEST(signs(key));
    BOOST_TEST(crossed_the_bus(tpm::decode_tss_private_key(key.tss_private_key).public_area));  // the dump works
    BOOST_TEST(!crossed_the_bus(secret_of(outside).first(8)));
    BOOST_TEST(!crossed_the_bus(key.auth.view()));
  }
}

BOOST_AUTO_TEST_CASE(costs_three_commands) {
  const tpm::PrivateKey outside = SoftwareKey::generate(KeyAlgorithm::ec_p256).private_key();
  (void)commands();
  (void)device->import_key(outside);
  const std::vector<std::string> expected{command::kImport, command::kLoad, command::kFlushContext};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_size_that_the_chip_lacks_is_refused_without_a_command) {
  const tpm::PrivateKey outside = SoftwareKey::generate(KeyAlgorithm::rsa_4096).private_key();
  (void)commands();
  check_refused(outside, Fault::unsupported);
  check_refused(tpm::RsaPrivateKey{{tpm::Bytes(128, std::byte{0xff}), 65537}, tpm::SecretBytes(64)},
                Fault::unsupported);
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_CASE(whose_parts_do_not_fit_each_other_is_refused) {
  auto rsa = std::get<tpm::RsaPrivateKey>(SoftwareKey::generate(KeyAlgorithm::rsa_2048).private_key());
  rsa.prime.span().back() ^= std::byte{2};
  check_refused(tpm::RsaPrivateKey{rsa.public_key, tpm::SecretBytes(rsa.prime.view().first(127))}, Fault::bad_blob);
  check_refused(std::move(rsa), Fault::bad_blob);
  const auto ec = std::get<tpm::EcPrivateKey>(SoftwareKey::generate(KeyAlgorithm::ec_p256).private_key());
  check_refused(tpm::EcPrivateKey{ec.public_key, tpm::SecretBytes(33)}, Fault::bad_blob);
  const auto other = std::get<tpm::EcPrivateKey>(SoftwareKey::generate(KeyAlgorithm::ec_p256).private_key());
  check_refused(tpm::EcPrivateKey{ec.public_key, tpm::SecretBytes(other.scalar.view())}, Fault::bad_blob);
  auto off_the_curve = ec.public_key;
  off_the_curve.y.back() ^= std::byte{1};
  check_refused(tpm::EcPrivateKey{off_the_curve, tpm::SecretBytes(ec.scalar.view())}, Fault::bad_blob);
}

BOOST_AUTO_TEST_CASE(leaves_nothing_in_the_chip_and_outlives_a_power_cycle) {
  const tpm::CreatedKey key = device->import_key(SoftwareKey::generate(KeyAlgorithm::ec_p256).private_key());
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
  swtpm.stop();
  swtpm.start();
  open();
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
