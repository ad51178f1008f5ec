// A key of the TPM has an authorisation value besides (OPC UA: "password in conjunction with smart cards").

#include <boost/test/unit_test.hpp>

#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;

BOOST_AUTO_TEST_SUITE(the_auth_value)

BOOST_FIXTURE_TEST_CASE(D6_a_key_has_one_of_its_own_and_a_wrong_one_is_an_error, DeviceFixture) {
  const tpm::CreatedKey first = device->create(tpm::KeyAlgorithm::ec_p256);
  const tpm::CreatedKey second = device->create(tpm::KeyAlgorithm::ec_p256);
  BOOST_TEST(first.auth.view().size() >= 16U);
  BOOST_TEST(!std::ranges::equal(first.auth.view(), second.auth.view()));
  tpm::StoredKey wrong = stored(first);
  wrong.auth = copy_of(second.auth);
  BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(wrong, tpm::HashAlgorithm::sha256, digest), Error,
                        has_fault(Fault::failed));
  BOOST_TEST(signs(first));
}

BOOST_FIXTURE_TEST_CASE(D6_lockout_is_told_as_such, TracedFixture) {
  open_with("15d 1 rc=921");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::locked_out));
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
