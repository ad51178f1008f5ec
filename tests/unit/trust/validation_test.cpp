#include "agent/trust/validation.h"

#include <boost/test/unit_test.hpp>

#include "agent/trust/chain.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::agent {
namespace {

using test::Authority;
using test::authority_fields;
using test::CertificateFields;
using test::Days;
using test::public_rsa_key;

struct Plant {
  Authority root{"root"};
  Authority intermediate{"intermediate", root};

  // The usual list: the root is trusted, the intermediate is known, both have a CRL.
  [[nodiscard]] TrustList list() const {
    return {.specified = all_lists_mask,
            .trusted_certificates = {root.certificate()},
            .trusted_crls = {root.crl()},
            .issuer_certificates = {intermediate.certificate()},
            .issuer_crls = {intermediate.crl()}};
  }
};

ValidationRequest request() {
  ValidationRequest asked;
  asked.now = std::chrono::system_clock::now();
  return asked;
}

Verdict judge(const TrustList& list, const std::vector<Bytes>& chain, const ValidationRequest& asked = request()) {
  return validate(TrustStore(list), chain, asked);
}

// "good", or the code that it was refused with, as the bus names it.
std::string outcome(const TrustList& list, const std::vector<Bytes>& chain,
                    const ValidationRequest& asked = request()) {
  const Verdict verdict = judge(list, chain, asked);
  return verdict.good() ? "good" : std::string(bus_name(verdict.findings.back().code));
}

ValidationRequest with_options(ValidationOptions options) {
  ValidationRequest asked = request();
  asked.options |= options;
  return asked;
}

EVP_PKEY* rsa_key(unsigned bits) {
  return EVP_RSA_gen(bits);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(validation, Plant)

BOOST_AUTO_TEST_CASE(a_chain_to_a_trusted_root_is_good) {
  BOOST_TEST(outcome(list(), {intermediate.issue()}) == "good");
  BOOST_TEST(outcome(list(), {root.issue()}) == "good");
}

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_good_where_it_is_trusted) {
  const Authority peer(CertificateFields{}, EVP_EC_gen("P-256"), nullptr);
  BOOST_TEST(outcome({.trusted_certificates = {peer.certificate()}}, {peer.certificate()}) == "good");
  BOOST_TEST(outcome(list(), {peer.certificate()}) == "CertificateUntrusted");
}

BOOST_AUTO_TEST_CASE(what_is_no_certificate_is_invalid) {
  BOOST_TEST(outcome(list(), {Bytes{std::byte{0x30}}}) == "CertificateInvalid");
  BOOST_TEST(outcome(list(), {}) == "CertificateInvalid");
  CertificateFields fields;
  fields.more_oid = "1.2.3.4";
  BOOST_TEST(outcome(list(), {root.issue(fields)}) == "CertificateInvalid");
}

BOOST_AUTO_TEST_CASE(a_missing_issuer_leaves_the_chain_incomplete) {
  TrustList without = list();
  without.issuer_certificates.clear();
  const Bytes leaf = intermediate.issue();
  BOOST_TEST(outcome(without, {leaf}) == "CertificateChainIncomplete");
  BOOST_TEST(outcome(without, {leaf, intermediate.certificate()}) == "good");
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_key_is_invalid) {
  const Authority impostor(authority_fields("root"), EVP_EC_gen("P-256"), nullptr);
  BOOST_TEST(outcome(list(), {impostor.issue()}) == "CertificateInvalid");
  BOOST_TEST(outcome(list(), {impostor.issue(), impostor.certificate()}) == "CertificateUntrusted");
}

BOOST_AUTO_TEST_CASE(decoys_of_an_issuers_name_are_tried_up_to_a_bound) {
  const Bytes leaf = intermediate.issue();
  std::vector<Bytes> decoys;
  for (int i = 0; i < 64; ++i) decoys.push_back(Authority("intermediate").certificate());
  TrustList crowded = list();
  crowded.issuer_certificates.insert(crowded.issuer_certificates.begin(), decoys.begin(), decoys.begin() + 8);
  BOOST_TEST(outcome(crowded, {leaf}) == "good");
  crowded.issuer_certificates.insert(crowded.issuer_certificates.begin(), decoys.begin(), decoys.end());
  BOOST_TEST(outcome(crowded, {leaf}) == "CertificateChainIncomplete");
}

BOOST_AUTO_TEST_CASE(keys_that_take_long_to_verify_by_are_refused_before) {
  const auto outcome_of_key = [this](int bits, int exponent_bits) {
    return outcome(list(), {root.issue({}, *public_rsa_key(bits, exponent_bits))});
  };
  BOOST_TEST(outcome_of_key(8192, 64) == "good");
  BOOST_TEST(outcome_of_key(8193, 17) == "CertificateInvalid");
  BOOST_TEST(outcome_of_key(3072, 65) == "CertificateInvalid");
  BOOST_TEST(outcome_of_key(3072, 3072) == "CertificateInvalid");
}

BOOST_AUTO_TEST_CASE(weak_keys_and_signatures_fail_the_policy) {
  const Authority weak(CertificateFields{}, rsa_key(1024), nullptr);
  BOOST_TEST(outcome({.trusted_certificates = {weak.certificate()}}, {weak.certificate()}) ==
             "CertificatePolicyCheckFailed");
  CertificateFields sha1;
  sha1.hash = EVP_sha1();
  BOOST_TEST(outcome(list(), {root.issue(sha1)}) == "CertificatePolicyCheckFailed");
  ValidationRequest strict = request();
  strict.strength.curve_bits = 384;
  BOOST_TEST(outcome(list(), {root.issue()}, strict) == "CertificatePolicyCheckFailed");
}

BOOST_AUTO_TEST_CASE(F13_an_issuer_that_is_only_known_gives_no_trust) {
  TrustList known = list();
  known.issuer_certificates.push_back(root.certificate());
  known.trusted_certificates.clear();
  BOOST_TEST(outcome(known, {root.issue()}) == "CertificateUntrusted");
  known.trusted_certificates.push_back(root.certificate());
  BOOST_TEST(outcome(known, {root.issue()}) == "good");
}

BOOST_AUTO_TEST_CASE(F13_an_intermediate_authority_can_be_what_is_trusted) {
  TrustList list_of_intermediate = list();
  std::swap(list_of_intermediate.trusted_certificates, list_of_intermediate.issuer_certificates);
  BOOST_TEST(outcome(list_of_intermediate, {intermediate.issue()}) == "good");
  BOOST_TEST(outcome(list_of_intermediate, {root.issue()}) == "CertificateUntrusted");
}

BOOST_AUTO_TEST_CASE(F13_a_leaf_that_is_trusted_needs_its_issuers_still) {
  const Bytes leaf = root.issue();
  const TrustList alone{
      .trusted_certificates = {leaf}, .issuer_certificates = {root.certificate()}, .issuer_crls = {root.crl()}};
  BOOST_TEST(outcome(alone, {leaf}) == "good");
  BOOST_TEST(outcome({.trusted_certificates = {leaf}}, {leaf}) == "CertificateChainIncomplete");
}

BOOST_AUTO_TEST_CASE(F14_an_expired_leaf_is_refused_unless_suppressed) {
  CertificateFields expired;
  expired.from = Days(-10);
  expired.to = Days(-1);
  CertificateFields early;
  early.from = Days(1);
  BOOST_TEST(outcome(list(), {root.issue(expired)}) == "CertificateTimeInvalid");
  BOOST_TEST(outcome(list(), {root.issue(early)}) == "CertificateTimeInvalid");
  const Verdict verdict = judge(list(), {root.issue(expired)}, with_options(suppress_certificate_expired));
  BOOST_TEST(verdict.good());
  BOOST_REQUIRE(verdict.findings.size() == 1U);
  BOOST_TEST((verdict.findings.front().code == Code::certificate_time_invalid));
  BOOST_TEST(verdict.findings.front().suppressed);
}

BOOST_AUTO_TEST_CASE(F14_an_expired_issuer_has_a_code_and_an_option_of_its_own) {
  CertificateFields fields = authority_fields("old");
  fields.from = Days(-10);
  fields.to = Days(-1);
  const Authority old(fields, EVP_EC_gen("P-256"), &root);
  TrustList with_old = list();
  with_old.issuer_certificates.push_back(old.certificate());
  with_old.issuer_crls.push_back(old.crl());
  const std::vector<Bytes> chain{old.issue()};
  BOOST_TEST(outcome(with_old, chain) == "CertificateIssuerTimeInvalid");
  BOOST_TEST(outcome(with_old, chain, with_options(suppress_certificate_expired)) == "CertificateIssuerTimeInvalid");
  BOOST_TEST(outcome(with_old, chain, with_options(suppress_issuer_certificate_expired)) == "good");
}

BOOST_AUTO_TEST_CASE(F14_the_host_that_a_client_connects_to_is_in_the_certificate) {
  ValidationRequest asked = request();
  for (const char* good : {"gateway.example.com", "GATEWAY.example.com", "192.0.2.1", ""}) {
    asked.host_name = good;
    BOOST_TEST(outcome(list(), {root.issue()}, asked) == "good");
  }
  for (const char* other : {"other.example.com", "192.0.2.2", "example.com"}) {
    asked.host_name = other;
    BOOST_TEST(outcome(list(), {root.issue()}, asked) == "CertificateHostNameInvalid");
  }
  asked.options |= suppress_host_name_invalid;
  BOOST_TEST(outcome(list(), {root.issue()}, asked) == "good");
}

BOOST_AUTO_TEST_CASE(E18_the_uri_is_that_of_the_application) {
  ValidationRequest asked = request();
  asked.application_uri = "urn:gateway:application";
  BOOST_TEST(outcome(list(), {root.issue()}, asked) == "good");
  asked.application_uri = "urn:gateway:other";
  BOOST_TEST(outcome(list(), {root.issue()}, asked) == "CertificateUriInvalid");
  asked.options |= 0x3f;  // nothing suppresses it
  BOOST_TEST(outcome(list(), {root.issue()}, asked) == "CertificateUriInvalid");
}

BOOST_AUTO_TEST_CASE(a_certificate_is_used_for_what_it_is_made_for) {
  CertificateFields client;
  client.extended_key_usage = "clientAuth";
  CertificateFields mail;
  mail.extended_key_usage = "emailProtection";
  CertificateFields mute;
  mute.key_usage = "critical,keyAgreement";
  ValidationRequest https = request();
  https.purpose = Purpose::https_server;
  BOOST_TEST(outcome(list(), {root.issue(client)}) == "good");
  BOOST_TEST(outcome(list(), {root.issue(client)}, https) == "CertificateUseNotAllowed");
  BOOST_TEST(outcome(list(), {root.issue(mail)}) == "CertificateUseNotAllowed");
  BOOST_TEST(outcome(list(), {root.issue(mute)}) == "CertificateUseNotAllowed");
  ValidationRequest user = request();
  user.purpose = Purpose::user;
  BOOST_TEST(outcome(list(), {root.issue(mail)}, user) == "good");
}

BOOST_AUTO_TEST_CASE(an_rsa_key_of_an_application_may_also_decrypt) {
  CertificateFields signs_only;
  signs_only.key_usage = "critical,digitalSignature";
  const Authority peer(signs_only, rsa_key(2048), nullptr);
  BOOST_TEST(outcome({.trusted_certificates = {peer.certificate()}}, {peer.certificate()}) ==
             "CertificateUseNotAllowed");
}

BOOST_AUTO_TEST_CASE(who_issues_is_an_authority) {
  const auto refused = [&](const CertificateFields& fields) {
    const Authority issuer(fields, EVP_EC_gen("P-256"), &root);
    TrustList with_issuer = list();
    with_issuer.issuer_certificates.push_back(issuer.certificate());
    return outcome(with_issuer, {issuer.issue()}) == "CertificateIssuerUseNotAllowed";
  };
  CertificateFields not_an_authority = authority_fields("leaf");
  not_an_authority.basic_constraints = "critical,CA:FALSE";
  CertificateFields no_signer = authority_fields("no signer");
  no_signer.key_usage = "critical,cRLSign";
  BOOST_TEST(refused(not_an_authority));
  BOOST_TEST(refused(no_signer));
}

BOOST_AUTO_TEST_CASE(a_path_is_not_longer_than_its_authorities_allow) {
  CertificateFields fields = authority_fields("short");
  fields.basic_constraints = "critical,CA:TRUE,pathlen:0";
  const Authority top(fields, EVP_EC_gen("P-256"), nullptr);
  const Authority below("below", top);
  const TrustList trusting{.trusted_certificates = {top.certificate()},
                           .trusted_crls = {top.crl()},
                           .issuer_certificates = {below.certificate()},
                           .issuer_crls = {below.crl()}};
  BOOST_TEST(outcome(trusting, {top.issue()}) == "good");
  BOOST_TEST(outcome(trusting, {below.issue()}) == "CertificateIssuerUseNotAllowed");
}

BOOST_AUTO_TEST_CASE(F15_a_missing_or_expired_crl_leaves_the_status_unknown) {
  TrustList none = list();
  none.trusted_crls.clear();
  TrustList expired = list();
  expired.trusted_crls = {root.crl({}, Days(-10), Days(-1))};
  const std::vector<Bytes> chain{root.issue()};
  BOOST_TEST(outcome(none, chain) == "CertificateRevocationUnknown");
  BOOST_TEST(outcome(expired, chain) == "CertificateRevocationUnknown");
  BOOST_TEST(outcome(none, chain, with_options(suppress_revocation_status_unknown)) == "good");
  ValidationRequest unchecked = request();
  unchecked.options = 0;
  BOOST_TEST(outcome(none, chain, unchecked) == "good");
}

BOOST_AUTO_TEST_CASE(F15_an_issuer_of_unknown_status_has_a_code_and_an_option_of_its_own) {
  TrustList none = list();
  none.trusted_crls.clear();
  const std::vector<Bytes> chain{intermediate.issue()};
  BOOST_TEST(outcome(none, chain) == "CertificateIssuerRevocationUnknown");
  BOOST_TEST(outcome(none, chain, with_options(suppress_revocation_status_unknown)) ==
             "CertificateIssuerRevocationUnknown");
  BOOST_TEST(outcome(none, chain, with_options(suppress_issuer_revocation_status_unknown)) == "good");
}

BOOST_AUTO_TEST_CASE(F15_who_is_revoked_is_refused_whatever_is_suppressed) {
  const Bytes leaf = root.issue();
  TrustList revoking = list();
  revoking.trusted_crls = {root.crl({leaf, intermediate.certificate()})};
  BOOST_TEST(outcome(revoking, {leaf}) == "CertificateRevoked");
  BOOST_TEST(outcome(revoking, {intermediate.issue()}) == "CertificateIssuerRevoked");
  BOOST_TEST(outcome(revoking, {leaf}, with_options(0x3f)) == "CertificateRevoked");
  BOOST_TEST(outcome(revoking, {root.issue()}) == "good");
}

BOOST_AUTO_TEST_CASE(F15_an_expired_crl_still_revokes) {
  const Bytes leaf = root.issue();
  TrustList expired = list();
  expired.trusted_crls = {root.crl({leaf}, Days(-10), Days(-1))};
  BOOST_TEST(outcome(expired, {leaf}, with_options(suppress_revocation_status_unknown)) == "CertificateRevoked");
}

BOOST_AUTO_TEST_CASE(F15_a_crl_that_another_signed_counts_for_nothing) {
  const Bytes leaf = root.issue();
  const Authority impostor(authority_fields("root"), EVP_EC_gen("P-256"), nullptr);
  TrustList forged = list();
  forged.trusted_crls = {impostor.crl({leaf})};
  BOOST_TEST(outcome(forged, {leaf}) == "CertificateRevocationUnknown");
  forged.trusted_crls.push_back(root.crl());
  BOOST_TEST(outcome(forged, {leaf}) == "good");
}

BOOST_AUTO_TEST_CASE(steps_are_taken_in_their_order) {
  CertificateFields fields;
  fields.from = Days(-10);
  fields.to = Days(-1);
  fields.extended_key_usage = "emailProtection";
  fields.hash = EVP_sha1();
  ValidationRequest asked = request();
  asked.application_uri = "urn:other";
  const Bytes leaf = root.issue(fields);
  TrustList untrusting = list();
  std::swap(untrusting.trusted_certificates, untrusting.issuer_certificates);
  BOOST_TEST(outcome(untrusting, {leaf}, asked) == "CertificatePolicyCheckFailed");
  asked.strength.hash_bits = 160;
  BOOST_TEST(outcome(untrusting, {leaf}, asked) == "CertificateUntrusted");
  BOOST_TEST(outcome(list(), {leaf}, asked) == "CertificateTimeInvalid");
  asked.options |= suppress_certificate_expired;
  BOOST_TEST(outcome(list(), {leaf}, asked) == "CertificateUriInvalid");
  asked.application_uri.clear();
  BOOST_TEST(outcome(list(), {leaf}, asked) == "CertificateUseNotAllowed");
}

BOOST_AUTO_TEST_CASE(a_list_with_what_is_no_certificate_names_it) {
  TrustList broken = list();
  broken.issuer_certificates.push_back(Bytes{std::byte{0x30}, std::byte{0}});
  BOOST_CHECK_EXCEPTION(TrustStore{broken}, Error, [](const Error& error) {
    return error.code() == Code::certificate_invalid &&
           std::string(error.what()).starts_with("number 2 of the issuer certificates: ");
  });
  broken = list();
  broken.trusted_crls.push_back(root.certificate());
  BOOST_CHECK_EXCEPTION(TrustStore{broken}, Error, [](const Error& error) {
    return std::string(error.what()).starts_with("number 2 of the trusted CRLs: ");
  });
}

BOOST_AUTO_TEST_CASE(a_chain_in_one_piece_is_split_into_certificates) {
  const Bytes leaf = intermediate.issue();
  Bytes blob = leaf;
  blob.insert(blob.end(), intermediate.certificate().begin(), intermediate.certificate().end());
  BOOST_TEST((split_chain(blob) == std::vector<Bytes>{leaf, intermediate.certificate()}));
  BOOST_CHECK_THROW((void)split_chain({}), Error);
  blob.pop_back();
  BOOST_CHECK_THROW((void)split_chain(blob), Error);
  Bytes many;
  for (std::size_t i = 0; i <= max_path_length; ++i) many.insert(many.end(), leaf.begin(), leaf.end());
  BOOST_CHECK_THROW((void)split_chain(many), Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
