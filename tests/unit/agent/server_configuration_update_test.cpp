// UpdateCertificate and CreateSigningRequest.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/keys/public_key.h"
#include "tests/unit/agent/server.h"
#include "tests/unit/agent/server_values.h"

using namespace edgeseal;
using agent::Code;
using test::Bytes;
using test::bytes;
using test::changed;
using test::ecc_slot;
using test::has_code;
using test::named;
using test::Server;

namespace {

Bytes public_key_of(const Bytes& certificate) {
  return agent::der_of(X509_get0_pubkey(agent::parse_certificate(certificate).get()), i2d_PUBKEY);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_configuration, Server)

BOOST_AUTO_TEST_CASE(E1_arguments_of_an_update_are_judged_in_the_order_of_part_12) {
  const Bytes garbage = bytes("no certificate");
  BOOST_CHECK_EXCEPTION(push({{}, {}, "PEM", true}, target("")), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "PEM", false}, target("")), agent::Error, has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", true}, target("")), agent::Error, has_code(Code::not_supported));
  groups.stage_trust_list(agent::owner_of(stranger), lists.check({"opc", "https"}, {}, {}));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", false}, target("")), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", false}), agent::Error, has_code(Code::transaction_pending));
  groups.cancel(agent::owner_of(stranger), "opc");
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", false}), agent::Error, has_code(Code::certificate_invalid));
  const test::Authority another("another CA");
  const Bytes wrong_type = test::Authority({}, EVP_EC_gen("P-384"), &another).certificate();
  BOOST_CHECK_EXCEPTION(push(wrong_type), agent::Error, has_code(Code::certificate_invalid));
  BOOST_CHECK_EXCEPTION(push(another.issue()), agent::Error, has_code(Code::certificate_chain_incomplete));
  BOOST_CHECK_EXCEPTION(push(ca.issue()), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E3_a_null_group_is_the_application_group) {
  for (const char* group : {"", "i=0", "i=14156", "ns=0;i=14156"}) {
    push({sign(request(new_key(), target(ecc_type, group))), {}, "", false}, target(ecc_type, group));
    apply();
    BOOST_TEST(certificates(group).size() == 1u);
  }
}

BOOST_DATA_TEST_CASE(E3_an_unknown_group_is_an_invalid_argument,
                     boost::unit_test::data::make({"i=14157", "tls", "ns=3;i=14156", "nonsense"}), group) {
  BOOST_CHECK_EXCEPTION(request(new_key(), target(ecc_type, group)), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({ca.issue(), {}, "", false}, target(ecc_type, group)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(create_self_signed({}, target(ecc_type, group)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(configuration.delete_certificate(admin, target(ecc_type, group)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)certificates(group), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

// Null, abstract, of another group, of a curve that no TPM has.
BOOST_DATA_TEST_CASE(E4_a_type_that_the_group_has_not_is_an_invalid_argument,
                     boost::unit_test::data::make({"", "i=0", "i=12557", "i=12558", "i=23541"}), type) {
  BOOST_CHECK_EXCEPTION(request(new_key(), target(type)), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({ca.issue(), {}, "", false}, target(type)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

BOOST_AUTO_TEST_CASE(E4_a_type_for_which_the_tpm_makes_no_keys_is_not_offered) {
  BOOST_TEST(groups.info({"opc", "application"}).certificate_types ==
                 (std::vector<std::string>{"ecc-nist-p256", "rsa-sha256"}),
             boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION(request(new_key(), target(p384_type)), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(E5_an_empty_subject_is_that_of_the_current_certificate) {
  push(sign(request(), named("the name that the authority gave")));
  apply();
  const Bytes der = request();
  const unsigned char* cursor = agent::octets(der);
  const std::unique_ptr<X509_REQ, agent::OpensslFree<X509_REQ, X509_REQ_free>> parsed(
      d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
  const auto current = agent::parse_certificate(certificates().front().certificate);
  BOOST_TEST(X509_NAME_cmp(X509_REQ_get_subject_name(parsed.get()), X509_get_subject_name(current.get())) == 0);
}

BOOST_DATA_TEST_CASE(E5_a_malformed_subject_is_an_invalid_argument,
                     boost::unit_test::data::make({"gateway", "CN=", "=x", "NOSUCH=x", "CN=a,,O=b"}), subject) {
  auto options = new_key();
  options.subject = subject;
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

BOOST_AUTO_TEST_CASE(E6_without_regenerate_the_active_key_signs_the_request) {
  const Bytes active = public_key_of(install());
  const auto creations = chip.counts().creations;
  BOOST_TEST((public_key_of(sign(request({}))) == active));
  BOOST_TEST(chip.counts().creations == creations);
}

BOOST_AUTO_TEST_CASE(E7_regenerate_makes_a_key_in_the_tpm_and_the_active_one_goes_on) {
  const Bytes certificate = install();
  const auto creations = chip.counts().creations;
  const Bytes renewed = sign(request());
  BOOST_TEST(chip.counts().creations == creations + 1);
  BOOST_TEST((public_key_of(renewed) != public_key_of(certificate)));
  push(renewed);
  BOOST_TEST((certificates().front().certificate == certificate));
  const agent::KeyPtr key = keys.find("opc");
  BOOST_TEST((key->public_key == public_key_of(certificate)));
  BOOST_CHECK_NO_THROW((void)value<Bytes>([&](agent::Answer<Bytes> answer) {
    keys.sign(key, agent::certificate_signature(key->public_key, bytes("message")), {}, std::move(answer));
  }));
}

BOOST_DATA_TEST_CASE(E8_a_short_nonce_makes_nothing, boost::unit_test::data::make({0U, 1U, 31U}), size) {
  auto options = new_key();
  options.nonce.resize(size);
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
  BOOST_TEST(!state.key(ecc_slot, agent::KeyStatus::pending).has_value());
}

BOOST_DATA_TEST_CASE(E8_a_nonce_goes_into_the_random_numbers_of_the_tpm,
                     boost::unit_test::data::make({32U, 64U, 1000U}), size) {
  auto options = new_key();
  options.nonce.resize(size);
  (void)request(options);
  BOOST_TEST(chip.counts().stirs == 1u);
}

BOOST_AUTO_TEST_CASE(E9_a_second_new_key_discards_the_first_pending_one) {
  const Bytes first = sign(request());
  const agent::KeyId first_key = state.key(ecc_slot, agent::KeyStatus::pending)->id;
  const Bytes second = sign(request());
  BOOST_TEST(!state.key(first_key).has_value());
  BOOST_CHECK_EXCEPTION((void)keys.find(first_key), agent::Error, has_code(Code::key_retired));
  BOOST_CHECK_EXCEPTION(push(first), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(push(second));
}

BOOST_AUTO_TEST_CASE(E10_activation_takes_the_formerly_active_key_out_of_use_and_destroys_it_after_its_grace) {
  install();
  const agent::KeyId old_key = keys.find("opc")->id;
  install();
  BOOST_TEST((keys.find("opc")->id != old_key));
  BOOST_TEST((state.key(old_key)->status == agent::KeyStatus::retired));
  clocks.advance(std::chrono::hours(25));
  install();
  BOOST_CHECK_EXCEPTION((void)keys.find(old_key), agent::Error, has_code(Code::key_retired));
}

BOOST_AUTO_TEST_CASE(E10_a_formerly_active_key_ends_at_once_where_that_is_asked_for) {
  install();
  const agent::KeyId old_key = keys.find("opc")->id;
  install();
  BOOST_TEST(groups.destroy_retired_keys({"opc", "application"}, "ecc-nist-p256") == 1u);
  BOOST_TEST(!state.key(old_key).has_value());
}

BOOST_AUTO_TEST_CASE(E11_a_pending_key_waits_for_its_certificate_over_a_restart) {
  const Bytes certificate = sign(request());
  keys.forget_cached();
  chip.fail_once(tpm::Fault::transport);  // the device is opened anew, and has nothing loaded
  agent::CertificateGroups later(loop, services(), maker, {}, observer());
  agent::ServerConfiguration restarted(state, applications, later, transactions, lists, validation, audit, {},
                                       setup_is_open);
  push_to(restarted, {certificate, {}, "", false});
  apply();
  BOOST_TEST((certificates().front().certificate == certificate));
}

BOOST_AUTO_TEST_CASE(E12_a_certificate_for_another_key_is_refused_and_nothing_is_staged) {
  install();
  (void)request();
  BOOST_CHECK_EXCEPTION(push(ca.issue()), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E13_private_keys_are_not_taken) {
  BOOST_TEST(configuration.info("opc").supported_private_key_formats.empty());
  const Bytes certificate = sign(request());
  BOOST_CHECK_EXCEPTION(push({certificate, {}, "PEM", true}), agent::Error, has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(push({certificate, {}, "PFX", false}), agent::Error, has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(push({certificate, {}, "", true}), agent::Error, has_code(Code::not_supported));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E14_what_is_no_certificate_is_refused) {
  const Bytes good = sign(request());
  Bytes longer = good;
  longer.push_back(std::byte{0});
  const Bytes shorter(good.begin(), good.end() - 1);
  for (const Bytes& bad : {Bytes(1), bytes("0"), Bytes(1000), longer, shorter})
    BOOST_CHECK_EXCEPTION(push(bad), agent::Error, has_code(Code::certificate_invalid));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E15_a_key_of_another_curve_or_algorithm_than_the_type_is_refused) {
  for (EVP_PKEY* key : {EVP_EC_gen("P-384"), EVP_RSA_gen(2048), EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}) {
    const test::Authority other({}, key, &ca);
    BOOST_CHECK_EXCEPTION(push(other.certificate()), agent::Error, has_code(Code::certificate_invalid));
  }
}

BOOST_AUTO_TEST_CASE(E15_a_signature_weaker_than_the_policy_is_refused) {
  BOOST_CHECK_EXCEPTION(
      push(sign(request(), changed<test::CertificateFields>([](auto& fields) { fields.hash = EVP_sha1(); }))),
      agent::Error, has_code(Code::certificate_policy_check_failed));
}

BOOST_AUTO_TEST_CASE(E16_an_issuer_that_the_group_does_not_know_is_refused) {
  const test::Authority another("another CA");
  BOOST_CHECK_EXCEPTION(push(sign(request(), another)), agent::Error, has_code(Code::certificate_chain_incomplete));
}

BOOST_AUTO_TEST_CASE(E16_issuers_that_come_along_give_no_trust) {
  const test::Authority another("another CA");
  const Bytes certificate = sign(request(), another);
  BOOST_CHECK_EXCEPTION(push({certificate, {another.certificate()}, "", false}), agent::Error,
                        has_code(Code::certificate_untrusted));
  Bytes chain = certificate;
  chain.insert(chain.end(), another.certificate().begin(), another.certificate().end());
  BOOST_CHECK_EXCEPTION(push(chain), agent::Error, has_code(Code::certificate_untrusted));
  trust({.trusted_certificates = {ca.certificate()}, .issuer_certificates = {another.certificate()}});
  BOOST_CHECK_EXCEPTION(push(certificate), agent::Error, has_code(Code::certificate_untrusted));
}

BOOST_AUTO_TEST_CASE(E16_issuers_that_come_along_complete_the_chain_and_are_shown_with_it) {
  const test::Authority intermediate("intermediate CA", ca), unused("unused CA");
  const Bytes certificate = sign(request(), intermediate);
  const agent::TrustList before = lists.record({"opc", "application"}).list;
  push({certificate, {unused.certificate(), intermediate.certificate()}, "", false});
  apply();
  BOOST_TEST((lists.record({"opc", "application"}).list == before));
  const auto installed = state.certificate(ecc_slot);
  BOOST_REQUIRE(installed.has_value());
  BOOST_TEST((installed->issuers == std::vector<Bytes>{intermediate.certificate()}));
}

BOOST_AUTO_TEST_CASE(E17_a_revoked_certificate_is_refused) {
  const Bytes certificate = sign(request());
  trust({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl({certificate})}});
  BOOST_CHECK_EXCEPTION(push(certificate), agent::Error, has_code(Code::certificate_revoked));
}

BOOST_AUTO_TEST_CASE(E17_an_expired_certificate_is_taken_with_a_warning_and_refused_where_that_is_strict) {
  trust({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl()}});
  const Bytes expired = sign(request(), changed<test::CertificateFields>([](auto& fields) {
                               fields.from = test::Days(-20);
                               fields.to = test::Days(-10);
                             }));
  BOOST_CHECK_EXCEPTION(push_to(strict, {expired, {}, "", false}), agent::Error,
                        has_code(Code::certificate_time_invalid));
  BOOST_TEST(count("validation-error-suppressed") == 0u);
  BOOST_TEST(push(expired));
  BOOST_TEST(count("validation-error-suppressed") == 1u);
}

BOOST_AUTO_TEST_CASE(E18_another_application_uri_is_refused) {
  BOOST_CHECK_EXCEPTION(push(sign(request(), changed<test::CertificateFields>([](auto& fields) {
                                    fields.alternative_name = "URI:urn:somebody:else";
                                  }))),
                        agent::Error, has_code(Code::certificate_uri_invalid));
}

BOOST_AUTO_TEST_SUITE_END()
