#include <boost/test/unit_test.hpp>

#include "agent/certificates/certificate.h"
#include "tests/unit/bundle/bundle_fixture.h"

using namespace edgeseal;
using namespace edgeseal::agent;
using edgeseal::test::BundleFixture;
using edgeseal::test::CertificateFields;
using edgeseal::test::Days;
using edgeseal::test::has_code;

namespace {

struct Keys : BundleFixture {
  Keys() : BundleFixture({false, DeliveredKeys::imported}) {}

  // A certificate of the plant with its key.
  [[nodiscard]] jose::Bundle with_key(EVP_PKEY& certified, EVP_PKEY& delivered, const CertificateFields& fields = {}) {
    jose::Bundle bundle = content();
    bundle.certificate = {authority.issue(fields, certified)};
    const Bytes der = pkcs8(delivered);
    bundle.private_key = {der.begin(), der.end()};
    return bundle;
  }

  static Bytes pkcs8(EVP_PKEY& key) {
    PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(&key);
    Bytes der = der_of(info, i2d_PKCS8_PRIV_KEY_INFO);
    PKCS8_PRIV_KEY_INFO_free(info);
    return der;
  }

  void check_refused(const jose::Bundle& bundle, Code code) {
    const std::string session = stage(sealed(bundle));
    BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(code));
    BOOST_CHECK(setup.state() == SetupState::setup_open);
    BOOST_CHECK(trusted() == TrustList{});
    BOOST_CHECK(!state.certificate(slot("ecc-nist-p256")));
    BOOST_CHECK(!state.key(slot("ecc-nist-p256"), KeyStatus::pending));
    BOOST_CHECK(!transactions.pending(device_application_name));
  }

  static Slot slot(const char* type) { return {device_application_name, "application", type}; }

  PublicKeyPtr key{EVP_EC_gen("P-256")};
  PublicKeyPtr other{EVP_EC_gen("P-256")};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bundle_credential, Keys)

BOOST_AUTO_TEST_CASE(H6_a_delivered_key_is_imported_and_marked_as_exposed) {
  const jose::Bundle bundle = with_key(*key, *key);
  submit(stage(sealed(bundle)), pin);
  const auto record = state.key(slot("ecc-nist-p256"), KeyStatus::active);
  BOOST_REQUIRE(record);
  BOOST_CHECK(record->exposed);
  BOOST_CHECK(record->protection == KeyProtection::tpm);
  BOOST_CHECK(state.certificate(slot("ecc-nist-p256"))->certificate == bundle.certificate.front());
}

BOOST_AUTO_TEST_CASE(H6_a_delivered_key_is_refused_where_policy_says_so) {
  settings.keys = DeliveredKeys::refused;
  restart();
  check_refused(with_key(*key, *key), Code::not_supported);
}

BOOST_AUTO_TEST_CASE(W16_what_is_undone_takes_the_delivered_key_along) {
  submit(stage(sealed(with_key(*key, *key))), pin);
  bundles->report_contact(Verification::failed, "");
  BOOST_CHECK(!state.certificate(slot("ecc-nist-p256")));
  BOOST_CHECK(!state.key(slot("ecc-nist-p256"), KeyStatus::active));
}

BOOST_AUTO_TEST_CASE(W8_an_rsa_key_goes_where_rsa_keys_are) {
  const PublicKeyPtr rsa(EVP_RSA_gen(2048));
  submit(stage(sealed(with_key(*rsa, *rsa))), pin);
  BOOST_CHECK(state.certificate(slot("rsa-sha256")));
}

BOOST_AUTO_TEST_CASE(W8_a_key_that_does_not_belong_to_the_certificate_leaves_nothing) {
  check_refused(with_key(*key, *other), Code::security_checks_failed);
}

BOOST_AUTO_TEST_CASE(W8_a_key_that_is_none_leaves_nothing) {
  jose::Bundle bundle = with_key(*key, *key);
  bundle.private_key = jose::SecretBytes(100);
  check_refused(bundle, Code::invalid_argument);
}

BOOST_AUTO_TEST_CASE(W8_a_certificate_that_is_over_or_not_yet_good_is_refused) {
  CertificateFields fields;
  fields.from = Days(-30);
  fields.to = Days(-1);
  check_refused(with_key(*key, *key, fields), Code::certificate_time_invalid);
  fields.from = Days(2);
  fields.to = Days(30);
  check_refused(with_key(*key, *key, fields), Code::certificate_time_invalid);
}

BOOST_AUTO_TEST_CASE(W8_a_certificate_that_is_not_for_clients_is_refused) {
  CertificateFields fields;
  fields.extended_key_usage = "serverAuth";
  check_refused(with_key(*key, *key, fields), Code::certificate_use_not_allowed);
}

BOOST_AUTO_TEST_CASE(W8_a_kind_of_key_that_the_device_does_not_keep_is_refused) {
  const PublicKeyPtr curve(EVP_EC_gen("secp256k1"));
  check_refused(with_key(*curve, *curve), Code::not_supported);
}

BOOST_AUTO_TEST_SUITE_END()
