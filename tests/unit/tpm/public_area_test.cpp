#include "tpm/public_area.h"

#include <boost/test/unit_test.hpp>

#include "tpm/error.h"
#include "tpm/key_template.h"
#include "tpm/memory.h"

namespace edgeseal::tpm {
namespace {

auto has_fault(Fault fault) {
  return [fault](const Error& error) { return error.fault() == fault; };
}

TPM2B_PUBLIC ec_area(std::size_t x_size) {
  TPM2B_PUBLIC area = application_key_template(KeyAlgorithm::ec_p256);
  area.publicArea.unique.ecc.x.size = static_cast<UINT16>(x_size);
  area.publicArea.unique.ecc.x.buffer[0] = 0x5a;
  area.publicArea.unique.ecc.y.size = 32;
  return area;
}

BOOST_AUTO_TEST_SUITE(a_public_area)

BOOST_AUTO_TEST_CASE(comes_back_as_it_was) {
  const Bytes bytes = marshal(ec_area(32));
  BOOST_TEST((marshal(unmarshal_public(bytes)) == bytes));
}

BOOST_AUTO_TEST_CASE(gives_coordinates_of_the_size_of_the_field) {
  const auto key = std::get<EcPublicKey>(public_key(ec_area(31).publicArea));
  BOOST_TEST((key.curve == KeyAlgorithm::ec_p256));
  BOOST_TEST(key.x.size() == 32U);
  BOOST_TEST((key.x[0] == std::byte{0} && key.x[1] == std::byte{0x5a}));
}

BOOST_AUTO_TEST_CASE(with_a_coordinate_longer_than_the_field_is_refused) {
  BOOST_CHECK_EXCEPTION((void)public_key(ec_area(33).publicArea), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(of_an_unknown_kind_is_refused) {
  TPM2B_PUBLIC area = ec_area(32);
  area.publicArea.parameters.eccDetail.curveID = TPM2_ECC_BN_P256;
  BOOST_CHECK_EXCEPTION((void)public_key(area.publicArea), Error, has_fault(Fault::unsupported));
  area.publicArea.type = TPM2_ALG_KEYEDHASH;
  BOOST_CHECK_EXCEPTION((void)public_key(area.publicArea), Error, has_fault(Fault::unsupported));
}

BOOST_AUTO_TEST_CASE(that_is_cut_off_or_has_surplus_bytes_is_refused) {
  Bytes bytes = marshal(ec_area(32));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_CHECK_EXCEPTION((void)unmarshal_public(ByteView(bytes).first(size)), Error, has_fault(Fault::bad_blob));
  }
  bytes.push_back(std::byte{0});
  BOOST_CHECK_EXCEPTION((void)unmarshal_public(bytes), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(of_rsa_names_its_exponent_where_the_chip_leaves_it_out) {
  TPM2B_PUBLIC area = application_key_template(KeyAlgorithm::rsa_2048);
  area.publicArea.unique.rsa.size = 256;
  const auto key = std::get<RsaPublicKey>(public_key(area.publicArea));
  BOOST_TEST(key.exponent == 65537U);
  BOOST_TEST(key.modulus.size() == 256U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_padded_number_stands_at_the_end) {
  Bytes target(4, std::byte{0xff});
  const Bytes number{std::byte{1}, std::byte{2}};
  BOOST_TEST(assign_padded(target, number));
  BOOST_TEST((target == Bytes{std::byte{0}, std::byte{0}, std::byte{1}, std::byte{2}}));
  BOOST_TEST(!assign_padded(target, Bytes(5)));
}

BOOST_AUTO_TEST_CASE(a_tpm2b_takes_no_more_than_it_holds) {
  TPM2B_DIGEST digest{};
  BOOST_TEST(!assign(digest, Bytes(sizeof digest.buffer + 1)));
  BOOST_TEST(digest.size == 0);
  BOOST_TEST(assign(digest, Bytes(sizeof digest.buffer)));
  BOOST_TEST(view(digest).size() == sizeof digest.buffer);
}

}  // namespace
}  // namespace edgeseal::tpm
