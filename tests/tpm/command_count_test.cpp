#include <boost/test/unit_test.hpp>

#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {
namespace {

BOOST_FIXTURE_TEST_SUITE(the_number_of_commands, TracedFixture)

BOOST_AUTO_TEST_CASE(of_a_signature_with_a_loaded_key_is_one) {
  const tpm::StoredKey key = new_key();
  sign(key);
  (void)commands();
  for (int i = 0; i < 3; ++i) sign(key);
  const std::vector<std::string> expected(3, command::kSign);
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_first_signature_is_two) {
  const tpm::StoredKey key = new_key();
  (void)commands();
  sign(key);
  const std::vector<std::string> expected{command::kLoad, command::kSign};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_one_each_for_as_many_keys_as_there_is_room) {
  const tpm::StoredKey first = new_key(), second = new_key();
  sign(first);
  sign(second);
  (void)commands();
  for (int i = 0; i < 3; ++i) {
    sign(first);
    sign(second);
  }
  const std::vector<std::string> expected(6, command::kSign);
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(grows_by_reloading_the_least_recently_used_key) {
  const tpm::StoredKey first = new_key(), second = new_key(), third = new_key();
  sign(first);
  sign(second);
  sign(first);
  sign(third);  // takes the slot of the second
  (void)commands();
  sign(first);
  BOOST_TEST(commands().size() == 1U);
  sign(second);
  const std::vector<std::string> expected{command::kFlushContext, command::kLoad, command::kSign};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_creation_is_one) {
  (void)commands();
  (void)new_key();
  BOOST_TEST(commands().size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_stirring_random_numbers_is_one_for_each_128_bytes) {
  const std::pair<std::size_t, std::size_t> sizes[] = {{0, 0}, {1, 1}, {128, 1}, {129, 2}, {1024, 8}};
  for (const auto& [bytes, expected] : sizes) {
    (void)commands();
    device->stir_random(tpm::Bytes(bytes, std::byte{0x5a}));
    const std::vector<std::string> stirs(expected, command::kStirRandom);
    BOOST_TEST(commands() == stirs, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(of_too_much_entropy_is_none) {
  (void)commands();
  BOOST_CHECK_EXCEPTION(device->stir_random(tpm::Bytes(1025)), tpm::Error, has_fault(tpm::Fault::failed));
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_CASE(of_an_unfit_digest_is_none) {
  const tpm::StoredKey key = new_key();
  sign(key);
  (void)commands();
  BOOST_CHECK_THROW((void)device->sign_ecdsa(key, tpm::HashAlgorithm::sha384, digest), tpm::Error);
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_SUITE_END()

// The third answer of TPM2_GetCapability ends with the number of slots: 3 becomes 5. Behind /dev/tpmrm0 three are ours.
struct FiveSlotsFixture : TracedFixture {
  FiveSlotsFixture() { open_with("17a 3 alter=6"); }
};

BOOST_FIXTURE_TEST_SUITE(a_chip_that_reports_five_slots, FiveSlotsFixture)

BOOST_AUTO_TEST_CASE(never_holds_more_than_three_objects) {
  BOOST_TEST(device->facts().transient_slots == 5U);
  const tpm::StoredKey first = new_key(), second = new_key(), third = new_key();
  sign(first);
  sign(second);
  (void)commands();
  sign(third);
  const std::vector<std::string> expected{command::kFlushContext, command::kLoad, command::kSign};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(has_room_for_what_a_command_loads_before_it_does) {
  const tpm::StoredKey first = new_key(), second = new_key();
  const tpm::SealedSecret sealed = device->seal(digest);
  sign(first);
  sign(second);
  (void)commands();
  (void)device->unseal(sealed);
  const std::vector<std::string> one{command::kFlushContext, command::kLoad, command::kUnseal, command::kFlushContext};
  BOOST_TEST(commands() == one, boost::test_tools::per_element());
  const tpm::AttestationKey attestation_key = device->create_attestation_key();
  sign(first);
  sign(second);
  (void)commands();
  (void)device->certify(first, attestation_key, digest);
  std::vector<std::string> two = commands();
  two.resize(4);
  const std::vector<std::string> expected{command::kFlushContext, command::kFlushContext, command::kLoad,
                                          command::kLoad};
  BOOST_TEST(two == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
