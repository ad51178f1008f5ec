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
  BOOST_TEST((slot.key.algorithm == tpm::KeyAlgorithm::rsa_2048));
  BOOST_TEST(slot.text() == "https/https=rsa-2048");
}

BOOST_AUTO_TEST_CASE(the_certificate_type_says_the_default_algorithm) {
  BOOST_TEST(SlotDeclaration::parse("application/rsa-sha256").text() == "application/rsa-sha256=rsa-2048");
  BOOST_TEST(SlotDeclaration::parse("application/ecc-nist-p256").text() == "application/ecc-nist-p256=ec-p256");
  BOOST_TEST(SlotDeclaration::parse("tls/tls-client").text() == "tls/tls-client=ec-p256");
}

BOOST_AUTO_TEST_CASE(protection_and_pcrs_stand_behind_the_algorithm) {
  const SlotDeclaration slot = SlotDeclaration::parse("tls/tls-server=rsa-4096,sealed,pcrs=11+7");
  BOOST_TEST((slot.key.protection == agent::KeyProtection::sealed));
  BOOST_TEST(slot.key.pcrs == (1U << 7 | 1U << 11));
  BOOST_TEST(slot.text() == "tls/tls-server=rsa-4096,sealed,pcrs=7+11");
  BOOST_TEST(SlotDeclaration::parse("https/https=ec-p256,tpm").text() == "https/https=ec-p256");
}

BOOST_AUTO_TEST_CASE(an_rsa_key_may_be_for_pss_only) {
  const SlotDeclaration slot = SlotDeclaration::parse("https/https=rsa-2048,pss,sealed");
  BOOST_TEST((slot.key.rsa_use == agent::RsaUse::pss));
  BOOST_TEST(slot.text() == "https/https=rsa-2048,sealed,pss");
  BOOST_TEST((SlotDeclaration::parse(slot.text()) == slot));
}

BOOST_AUTO_TEST_CASE(a_size_stands_for_the_algorithm_of_the_same_kind_that_the_slot_takes) {
  using tpm::KeyAlgorithm;
  const agent::Slot application{"opc", "application", "rsa-sha256"}, https{"web", "https", "https"};
  BOOST_TEST((agent::algorithm_of_size(application, KeyAlgorithm::rsa_2048, 3072) == KeyAlgorithm::rsa_3072));
  BOOST_TEST((agent::algorithm_of_size(https, KeyAlgorithm::ec_p256, 521) == KeyAlgorithm::ec_p521));
  BOOST_TEST((agent::algorithm_of_size(https, KeyAlgorithm::ed25519, 256) == KeyAlgorithm::ed25519));
  BOOST_TEST(!agent::algorithm_of_size(application, KeyAlgorithm::rsa_2048, 1024).has_value());
  BOOST_TEST(!agent::algorithm_of_size(https, KeyAlgorithm::ec_p256, 2048).has_value());
  BOOST_TEST(
      !agent::algorithm_of_size({"opc", "application", "ecc-nist-p256"}, KeyAlgorithm::ec_p256, 384).has_value());
}

BOOST_AUTO_TEST_CASE(ed25519_is_for_sealed_keys_and_the_refusal_says_so) {
  BOOST_TEST(SlotDeclaration::parse("https/https=ed25519,sealed").text() == "https/https=ed25519,sealed");
  BOOST_CHECK_EXCEPTION(
      (void)SlotDeclaration::parse("https/https=ed25519"), agent::Error,
      [](const agent::Error& error) { return std::string(error.what()).find("ed25519,sealed") != std::string::npos; });
}

BOOST_DATA_TEST_CASE(what_is_no_slot_is_refused,
                     boost::unit_test::data::make({"",
                                                   "https",
                                                   "https/",
                                                   "/https",
                                                   "https/tls-server",
                                                   "foo/bar",
                                                   "https/https=",
                                                   "https/https=des",
                                                   "https/https=rsa-1024",
                                                   "application/rsa-sha256=ec-p256",
                                                   "https/https=ec-p256,",
                                                   "https/https=ec-p256,stored",
                                                   "https/https=ec-p256,pss",
                                                   "https/https=ed25519,sealed,pss",
                                                   "application/rsa-sha256=rsa-2048,pss",
                                                   "https/https=ec-p256,pcrs=",
                                                   "https/https=ec-p256,pcrs=24",
                                                   "https/https=ec-p256,pcrs=7+",
                                                   "https/https=ec-p256,pcrs=0x7",
                                                   "application/ecc-nist-p384=ec-p256"}),
                     text) {
  BOOST_CHECK_EXCEPTION((void)SlotDeclaration::parse(text), agent::Error,
                        [](const agent::Error& error) { return error.code() == agent::Code::invalid_argument; });
}

BOOST_AUTO_TEST_SUITE_END()
