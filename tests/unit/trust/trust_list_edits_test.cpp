#include <boost/test/unit_test.hpp>

#include "tests/unit/trust/trust_fixture.h"

namespace edgeseal::agent {
namespace {

using test::Authority;
using test::has_code;

std::string thumbprint_of(const Bytes& certificate) {
  std::array<std::byte, 20> digest{};
  EVP_Digest(certificate.data(), certificate.size(), out_octets(digest), nullptr, EVP_sha1(), nullptr);
  return hexadecimal(digest);
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

TrustList without(const TrustList& list, const Bytes& certificate, bool is_trusted = true) {
  return without_certificate(TrustStore(list), thumbprint_of(certificate), is_trusted);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trust_list_edits, test::Plant)

BOOST_AUTO_TEST_CASE(F9_a_certificate_is_added_to_the_trusted_ones_once) {
  const TrustList before = list();
  const Bytes leaf = intermediate.issue();
  TrustList after = with_certificate(TrustStore(before), leaf, true);
  BOOST_TEST((after.trusted_certificates == std::vector<Bytes>{root.certificate(), leaf}));
  BOOST_TEST((with_certificate(TrustStore(after), leaf, true) == after));
  after.trusted_certificates.pop_back();
  BOOST_TEST((after == before));
}

BOOST_AUTO_TEST_CASE(F9_a_self_signed_certificate_needs_nobody) {
  const Authority peer(test::CertificateFields{}, EVP_EC_gen("P-256"), nullptr);
  BOOST_TEST((with_certificate(TrustStore({}), peer.certificate(), true).trusted_certificates ==
              std::vector<Bytes>{peer.certificate()}));
}

BOOST_AUTO_TEST_CASE(F9_issuers_are_not_added_one_by_one) {
  BOOST_CHECK_EXCEPTION((void)with_certificate(TrustStore(list()), root.issue(), false), Error,
                        has_code(Code::certificate_invalid));
}

BOOST_AUTO_TEST_CASE(F9_the_issuer_of_what_is_added_is_in_the_list) {
  TrustList list_of_root = list();
  list_of_root.issuer_certificates.clear();
  const TrustStore store(list_of_root);
  BOOST_CHECK_EXCEPTION((void)with_certificate(store, intermediate.issue(), true), Error,
                        has_code(Code::certificate_chain_incomplete));
  BOOST_CHECK_NO_THROW((void)with_certificate(store, root.issue(), true));
  BOOST_CHECK_EXCEPTION((void)with_certificate(store, Authority("root").issue(), true), Error,
                        has_code(Code::certificate_invalid));
  BOOST_CHECK_EXCEPTION((void)with_certificate(store, Bytes(3), true), Error, has_code(Code::certificate_invalid));
}

BOOST_AUTO_TEST_CASE(F10_a_certificate_is_removed_by_its_sha1_in_either_case) {
  TrustList trusting = list();
  const Bytes leaf = root.issue();
  trusting.trusted_certificates.push_back(leaf);
  for (const std::string& thumbprint : {thumbprint_of(leaf), upper(thumbprint_of(leaf))})
    BOOST_TEST((without_certificate(TrustStore(trusting), thumbprint, true).trusted_certificates ==
                std::vector<Bytes>{root.certificate()}));
}

BOOST_AUTO_TEST_CASE(F10_what_is_not_in_that_list_is_an_invalid_argument) {
  const TrustStore store(list());
  for (const std::string& thumbprint :
       {std::string(), std::string(40, '0'), std::string("root"), thumbprint_of(intermediate.certificate()),
        thumbprint_of(root.certificate()) + "0"})
    BOOST_CHECK_EXCEPTION((void)without_certificate(store, thumbprint, true), Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)without_certificate(store, thumbprint_of(root.certificate()), false), Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(F10_an_authority_takes_its_crls_with_it) {
  const TrustList before = list();
  const TrustList no_intermediate = without(before, intermediate.certificate(), false);
  BOOST_TEST(no_intermediate.issuer_certificates.empty());
  BOOST_TEST(no_intermediate.issuer_crls.empty());
  BOOST_TEST((no_intermediate.trusted_crls == before.trusted_crls));
  const TrustList no_root = without(before, root.certificate());
  BOOST_TEST(no_root.trusted_certificates.empty());
  BOOST_TEST(no_root.trusted_crls.empty());
  BOOST_TEST((no_root.issuer_crls == before.issuer_crls));
}

BOOST_AUTO_TEST_CASE(F10_crls_stay_while_their_authority_is_in_the_other_list) {
  TrustList twice = list();
  twice.issuer_certificates.push_back(root.certificate());
  BOOST_TEST(without(twice, root.certificate()).trusted_crls.size() == 1u);
  BOOST_TEST(without(without(twice, root.certificate()), root.certificate(), false).trusted_crls.empty());
}

BOOST_AUTO_TEST_CASE(F10_crls_of_a_namesake_stay) {
  const Authority namesake("root");
  TrustList both = list();
  both.issuer_certificates.push_back(namesake.certificate());
  both.issuer_crls.push_back(namesake.crl());
  const TrustList left = without(both, root.certificate());
  BOOST_TEST(left.trusted_crls.empty());
  BOOST_TEST(left.issuer_crls.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
