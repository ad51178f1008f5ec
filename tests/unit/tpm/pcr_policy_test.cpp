#include "tpm/pcr_policy.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "tests/tpm/hexadecimal.h"
#include "tpm/error.h"
#include "tpm/object_policy.h"

namespace edgeseal::tpm {
namespace {

using test::hexadecimal;

const std::vector<Bytes> kValues{Bytes(32, std::byte{0x11}), Bytes(32, std::byte{0x22})};
constexpr PcrMask kMask = 1U << 7 | 1U << 11;

// Computed apart from this code, from TPM 2.0 Part 3.
BOOST_AUTO_TEST_SUITE(the_digest)

BOOST_AUTO_TEST_CASE(of_pcrs_is_over_their_values) {
  BOOST_TEST(hexadecimal(pcr_digest(kValues)) == "5189c77d29fe5d546a045ec46986852785fea5c13ac7da9c115ff5fb6edf817c");
}

BOOST_AUTO_TEST_CASE(that_an_authority_signs_is_that_of_policy_pcr) {
  BOOST_TEST(hexadecimal(approved_policy(kMask, pcr_digest(kValues))) ==
             "8f811cfa40cbc2cae93bb41d35a0bdca4b2a3c00efd726215c1c992d74696cfe");
}

BOOST_AUTO_TEST_CASE(of_an_object_is_extended_by_policy_auth_value) {
  BOOST_TEST(hexadecimal(auth_policy(PcrState{kMask, pcr_digest(kValues)})) ==
             "e70a87fbdce4dff8e42b022ef91d1bdb3f076eb942d84bd9fb6b99839cfefcc4");
}

BOOST_AUTO_TEST_CASE(of_an_authority_is_over_its_name) {
  const Authority authority{EcPublicKey{KeyAlgorithm::ec_p256, Bytes(32, std::byte{1}), Bytes(32, std::byte{2})}};
  BOOST_TEST(hexadecimal(digest_of(authority)) == "4ea693d33cc1bdc29b72b05b97a772ef8f92486f8a24ed710b078302ede751db");
}

BOOST_AUTO_TEST_CASE(of_an_authority_that_a_chip_cannot_use_is_refused) {
  const Authority authority{EcPublicKey{KeyAlgorithm::ec_p384, Bytes(48), Bytes(48)}};
  BOOST_CHECK_EXCEPTION((void)digest_of(authority), Error,
                        [](const Error& error) { return error.fault() == Fault::unsupported; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm
