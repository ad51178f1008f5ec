// What OpenSSL's own programs make of the published files.

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "agent/certificates/certificate.h"
#include "agent/publication/publication.h"
#include "tests/tpm/program.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
using agent::Bytes;

namespace {

test::CertificateFields named(const std::string& name) {
  test::CertificateFields fields;
  fields.name = name;
  return fields;
}

struct Fixture {
  test::TemporaryDirectory directory;
  agent::Publication publication{directory.file("pki")};
  std::string group = directory.file("pki/server/application");
  test::Authority root{"Root"}, intermediate{"Intermediate", root};
  Bytes leaf = root.issue(named("leaf")), deep_leaf = intermediate.issue(named("deep leaf"));

  void publish(const agent::TrustList& list) {
    agent::PublishedGroup published{.group = "application"};
    published.trust_list = list;
    publication.prepare("server", {}, published).exchange();
  }
  // What `openssl verify` says of a certificate; GROUP in the options is the published directory.
  std::string verify(std::string options, const Bytes& certificate) {
    for (auto at = options.find("GROUP"); at != std::string::npos; at = options.find("GROUP"))
      options.replace(at, 5, group);
    std::ofstream(directory.file("certificate.pem")) << agent::pem("CERTIFICATE", certificate);
    return test::run_program("OPENSSL_CONF=/dev/null openssl verify " + options + " " +
                             directory.file("certificate.pem") + " 2>&1 || true");
  }
  bool accepts(const std::string& options, const Bytes& certificate) {
    const std::string said = verify(options, certificate);
    BOOST_TEST_MESSAGE(options << ": " << said);
    return said == directory.file("certificate.pem") + ": OK\n";
  }
  static bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
};

constexpr const char* by_bundle = "-no-CApath -no-CAstore -CAfile GROUP/ca.pem";
constexpr const char* by_directory = "-no-CAfile -no-CAstore -CApath GROUP/capath";

std::string with(const char* store, const char* more) {
  return std::string(store) + " " + more;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(published_trust, Fixture)

BOOST_AUTO_TEST_CASE(a_trusted_ca_makes_its_leaf_trusted_by_bundle_and_by_directory) {
  publish({.trusted_certificates = {root.certificate()}});
  const test::Authority stranger("Stranger");
  for (const char* store : {by_bundle, by_directory}) {
    BOOST_TEST(accepts(store, leaf));
    BOOST_TEST(!accepts(store, stranger.issue(named("leaf"))));
  }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_trusted_itself_needs_no_issuer) {
  const test::Authority self_signed(named("application"), EVP_EC_gen("P-256"), nullptr);
  publish({.trusted_certificates = {self_signed.certificate(), deep_leaf}});
  for (const char* store : {by_bundle, by_directory}) {
    BOOST_TEST(accepts(store, self_signed.certificate()));
    BOOST_TEST(!accepts(store, deep_leaf));
    BOOST_TEST(accepts(with(store, "-partial_chain"), deep_leaf));
  }
}

BOOST_AUTO_TEST_CASE(F13_a_ca_among_the_issuers_gives_no_trust_to_programs_either) {
  publish({.issuer_certificates = {root.certificate(), intermediate.certificate()}});
  for (const char* store : {by_bundle, by_directory}) {
    BOOST_TEST(!accepts(with(store, "-partial_chain -untrusted GROUP/issuers.pem"), deep_leaf));
    BOOST_TEST(!accepts(with(store, "-partial_chain"), leaf));
  }
}

BOOST_AUTO_TEST_CASE(issuers_complete_the_chain_to_a_trusted_root) {
  publish({.trusted_certificates = {root.certificate()}, .issuer_certificates = {intermediate.certificate()}});
  for (const char* store : {by_bundle, by_directory}) {
    BOOST_TEST(!accepts(store, deep_leaf));
    BOOST_TEST(accepts(with(store, "-untrusted GROUP/issuers.pem"), deep_leaf));
  }
}

// OPC UA trusts what a trusted CA has issued, whoever issued the CA; OpenSSL does so when it is asked to.
BOOST_AUTO_TEST_CASE(a_trusted_ca_without_its_root_needs_a_partial_chain) {
  publish({.trusted_certificates = {intermediate.certificate()}, .issuer_certificates = {root.certificate()}});
  for (const char* store : {by_bundle, by_directory}) {
    BOOST_TEST(!accepts(with(store, "-untrusted GROUP/issuers.pem"), deep_leaf));
    BOOST_TEST(accepts(with(store, "-partial_chain"), deep_leaf));
    BOOST_TEST(!accepts(with(store, "-partial_chain"), leaf));
  }
}

BOOST_AUTO_TEST_CASE(a_revoked_certificate_is_refused_by_bundle_and_by_directory) {
  const Bytes revoked = root.issue(named("revoked"));
  publish({.trusted_certificates = {root.certificate()}, .trusted_crls = {root.crl({revoked})}});
  for (const std::string& options :
       {with(by_bundle, "-crl_check -CRLfile GROUP/crl.pem"), with(by_directory, "-crl_check")}) {
    BOOST_TEST(accepts(options, leaf));
    BOOST_TEST(says(verify(options, revoked), "certificate revoked"));
  }
}

BOOST_AUTO_TEST_CASE(crls_of_issuers_count_too) {
  publish({.trusted_certificates = {root.certificate()},
           .trusted_crls = {root.crl()},
           .issuer_certificates = {intermediate.certificate()},
           .issuer_crls = {intermediate.crl({deep_leaf})}});
  for (const std::string& options : {with(by_bundle, "-CRLfile GROUP/crl.pem"), std::string(by_directory)}) {
    const std::string checked = options + " -crl_check_all -untrusted GROUP/issuers.pem";
    BOOST_TEST(says(verify(checked, deep_leaf), "certificate revoked"));
    BOOST_TEST(accepts(checked, intermediate.issue(named("other leaf"))));
  }
}

BOOST_AUTO_TEST_CASE(a_program_that_is_to_trust_nobody_refuses_to_start_rather_than_to_trust) {
  publish({});
  BOOST_TEST(!accepts(by_bundle, leaf));
  BOOST_TEST(!accepts(by_directory, leaf));
}

BOOST_AUTO_TEST_SUITE_END()
