#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "agent/error.h"
#include "agent/slot.h"

using namespace edgeseal;
using agent::SlotDeclaration;

BOOST_AUTO_TEST_SUITE(slot)

BOOST_AUTO_TEST_CASE(a_declaration_is_read_and_written) {
  const SlotDeclaration slot = SlotDeclaration::parse("https/https=rsa-2048");
  BOOST_TEST(slot.group == "https");
  BOOST_TEST(slot.certificate_type == "https");
  BOOST_TEST((slot.algorithm == tpm::KeyAlgorithm::rsa_2048));
  BOOST_TEST(slot.text() == "https/https=rsa-2048");
}

BOOST_AUTO_TEST_CASE(the_certificate_type_says_the_default_algorithm) {
  BOOST_TEST(SlotDeclaration::parse("application/rsa-sha256").text() == "application/rsa-sha256=rsa-2048");
  BOOST_TEST(SlotDeclaration::parse("application/ecc-nist-p256").text() == "application/ecc-nist-p256=ec-p256");
  BOOST_TEST(SlotDeclaration::parse("tls/tls-client").text() == "tls/tls-client=ec-p256");
}

BOOST_DATA_TEST_CASE(what_is_no_slot_is_refused,
                     boost::unit_test::data::make({"", "https", "https/", "/https", "https/tls-server", "foo/bar",
                                                   "https/https=", "https/https=des", "https/https=rsa-1024",
                                                   "application/rsa-sha256=ec-p256",
                                                   "application/ecc-nist-p384=ec-p256"}),
                     text) {
  BOOST_CHECK_EXCEPTION((void)SlotDeclaration::parse(text), agent::Error,
                        [](const agent::Error& error) { return error.code() == agent::Code::invalid_argument; });
}

BOOST_AUTO_TEST_SUITE_END()
