// What the agent makes by itself: OPC 10000-6 §6.2.2 and RFC 5280 §4.2.

#include "tests/unit/agent/server.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include "agent/certificates/certificate.h"
#include "agent/trust/certificate_judgement.h"
#include "tests/fakes/fake_journal.h"

using namespace edgeseal;
using test::Server;
namespace data = boost::unit_test::data;

namespace {

constexpr std::uint32_t signs = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN;

struct Expected {
  const char* type;
  std::uint32_t key_usage;
};
std::ostream& operator<<(std::ostream& out, const Expected& expected) {
  return out << expected.type;
}

const Expected all_expected[] = {
    {Server::ecc_type, signs},
    {Server::rsa_type, signs | KU_NON_REPUDIATION | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT}};

bool is_critical(const X509& certificate, int nid) {
  const int at = X509_get_ext_by_NID(&certificate, nid, -1);
  BOOST_REQUIRE(at >= 0);
  BOOST_TEST(X509_get_ext_by_NID(&certificate, nid, at) == -1);  // it is there once
  return X509_EXTENSION_get_critical(X509_get_ext(&certificate, at)) == 1;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(certificate_requests, Server)

BOOST_DATA_TEST_CASE_F(Server, a_self_signed_certificate_says_what_opc_ua_asks_for, data::make(all_expected),
                       expected) {
  dbus::SelfSignedOptions options;
  options.dns_names = {"gateway.example"};
  options.ip_addresses = {"192.0.2.7"};
  const auto certificate = agent::parse_certificate(create_self_signed(options, target(expected.type)));
  X509& x509 = *certificate;
  BOOST_TEST(X509_get_version(&x509) == X509_VERSION_3);
  const std::uint32_t flags = X509_get_extension_flags(&x509);
  BOOST_TEST((flags & (EXFLAG_BCONS | EXFLAG_SS)) == (EXFLAG_BCONS | EXFLAG_SS));
  BOOST_TEST((flags & (EXFLAG_CA | EXFLAG_INVALID)) == 0u);
  BOOST_TEST(is_critical(x509, NID_basic_constraints));
  BOOST_TEST(is_critical(x509, NID_key_usage));
  BOOST_TEST(X509_get_key_usage(&x509) == expected.key_usage);
  BOOST_TEST(X509_get_extended_key_usage(&x509) == (XKU_SSL_SERVER | XKU_SSL_CLIENT));
  BOOST_TEST(!is_critical(x509, NID_subject_alt_name));
  BOOST_TEST(agent::shows_uri(x509, "urn:gateway:application"));
  BOOST_TEST(X509_check_host(&x509, "gateway.example", 0, 0, nullptr) == 1);
  BOOST_TEST(X509_check_ip_asc(&x509, "192.0.2.7", 0) == 1);
  BOOST_TEST(X509_verify(&x509, X509_get0_pubkey(&x509)) == 1);
}

BOOST_DATA_TEST_CASE_F(Server, a_self_signed_certificate_names_its_own_key_as_that_of_its_issuer,
                       data::make(all_expected), expected) {
  const auto certificate = agent::parse_certificate(create_self_signed({}, target(expected.type)));
  BOOST_TEST(!is_critical(*certificate, NID_subject_key_identifier));
  BOOST_TEST(!is_critical(*certificate, NID_authority_key_identifier));
  const ASN1_OCTET_STRING* key = X509_get0_subject_key_id(certificate.get());
  const ASN1_OCTET_STRING* issuer = X509_get0_authority_key_id(certificate.get());
  BOOST_REQUIRE(key != nullptr);
  BOOST_REQUIRE(issuer != nullptr);
  BOOST_TEST(ASN1_OCTET_STRING_cmp(key, issuer) == 0);
}

BOOST_AUTO_TEST_CASE(a_key_of_another_program_that_the_lockout_concerns_is_taken_and_told) {
  const auto is_told = [this] {
    tpm::CreatedKey made = chip.open()->create(tpm::KeyAlgorithm::ec_p256);
    agent::OutsideKey key{"TSS2", tpm::SecretBytes(made.tss_private_key), std::move(made.auth), {}};
    (void)test::take_journal();
    (void)value<agent::Bytes>([&](agent::Answer<agent::Bytes> answer) {
      groups.import_key(agent::owner_of(admin), {"opc", "application"}, "ecc-nist-p256", std::move(key),
                        std::move(answer));
    });
    return std::ranges::any_of(test::take_journal(), [](const test::JournalEntry& entry) {
      return entry.at("MESSAGE").find("not exempt from the lockout") != std::string::npos;
    });
  };
  BOOST_TEST(!is_told());
  chip.adopt_without_exemption();
  BOOST_TEST(is_told());
}

BOOST_AUTO_TEST_SUITE_END()
