#include "agent/staging/staged_judgement.h"

#include <array>
#include <boost/test/unit_test.hpp>

#include "agent/certificates/certificate.h"
#include "agent/keys/key_import.h"
#include "agent/staging/clear_key.h"
#include "tests/unit/staging/sample.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

namespace {

using agent::StagedRole;
using agent::StagedVerdict;

struct Fixture {
  [[nodiscard]] StagedVerdict verdict(const Bytes& certificate, std::vector<Bytes> others = {},
                                      bool clock_is_set = true) const {
    agent::TrustList list;
    list.trusted_certificates = std::move(others);
    return judge_staged(certificate, agent::TrustStore(list), {{}, std::chrono::system_clock::now(), clock_is_set});
  }
  void refused_for(const StagedVerdict& verdict, std::initializer_list<const char*> reasons) const {
    BOOST_TEST(verdict.reasons.size() == reasons.size());
    for (const char* reason : reasons) BOOST_TEST_CONTEXT(reason)
    BOOST_TEST(std::ranges::any_of(verdict.reasons,
                                   [&](const std::string& given) { return given.find(reason) != given.npos; }));
  }
  [[nodiscard]] static CertificateFields server(const std::string& name) {
    return {.name = name, .key_usage = "digitalSignature", .extended_key_usage = "serverAuth", .more_oid = ""};
  }

  Authority root{"root"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(staged_judgement, Fixture)

BOOST_AUTO_TEST_CASE(N3_a_self_signed_authority_is_an_anchor_and_a_self_signed_server_is_pinned) {
  const StagedVerdict anchor = verdict(root.certificate());
  BOOST_TEST(anchor.reasons.empty());
  BOOST_TEST((anchor.role == StagedRole::authority));
  const StagedVerdict pin = verdict(Authority(server("gds"), EVP_EC_gen("P-256"), nullptr).certificate());
  BOOST_TEST(pin.reasons.empty());
  BOOST_TEST((pin.role == StagedRole::pinned));
}

BOOST_AUTO_TEST_CASE(N10_the_sample_is_refused_for_three_reasons_of_its_own) {
  const Sample sample;
  refused_for(verdict(sample.certificate), {"RSA key of 512 bits", "signed with SHA1", "has expired"});
  BOOST_TEST((agent::public_key_of_clear_key(sample.key_der()) ==
              agent::der_of(X509_get0_pubkey(agent::parse_certificate(sample.certificate).get()), i2d_PUBKEY)));
}

// The size of its numbers is that of their computation, for hours.
BOOST_AUTO_TEST_CASE(a_clear_key_of_a_type_that_no_slot_has_is_not_decoded) {
  const auto tlv = [](unsigned char tag, std::initializer_list<Bytes> parts) {
    Bytes content;
    for (const Bytes& part : parts) content.insert(content.end(), part.begin(), part.end());
    Bytes whole{std::byte{tag}, std::byte{0x82}, std::byte(content.size() >> 8), std::byte(content.size() & 0xff)};
    whole.insert(whole.end(), content.begin(), content.end());
    return whole;
  };
  const Bytes number = tlv(0x02, {Bytes(8192, std::byte{0x55})});
  std::array<unsigned char, 16> dsa{};
  unsigned char* end = dsa.data();
  const int size = i2d_ASN1_OBJECT(OBJ_nid2obj(NID_dsa), &end);
  const auto object = std::as_bytes(std::span(dsa).first(static_cast<std::size_t>(size)));
  const Bytes algorithm = tlv(0x30, {{object.begin(), object.end()}, tlv(0x30, {number, number, number})});
  const Bytes der = tlv(0x30, {tlv(0x02, {{std::byte{0}}}), algorithm, tlv(0x04, {number})});
  const unsigned char* cursor = agent::octets(der);
  const agent::Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(der.size())));
  BOOST_REQUIRE(info != nullptr);
  BOOST_TEST(!agent::has_kept_type(*info));
  BOOST_TEST(!agent::public_key_of_clear_key(der).has_value());
}

BOOST_AUTO_TEST_CASE(N17_version_1_and_unknown_critical_extensions_are_refused) {
  refused_for(verdict(version_1_certificate()), {"version 1"});
  CertificateFields fields = authority_fields("odd");
  fields.more_oid = "1.3.6.1.4.1.99999.1";
  refused_for(verdict(Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate()),
              {"critical extension is unknown"});
}

BOOST_AUTO_TEST_CASE(N17_what_is_not_valid_yet_is_refused_where_the_clock_is_set) {
  CertificateFields fields = authority_fields("tomorrow");
  fields.from = Days(1);
  const Bytes early = Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate();
  refused_for(verdict(early), {"is not valid yet"});
  const StagedVerdict tolerated = verdict(early, {}, false);
  BOOST_TEST(tolerated.reasons.empty());
  BOOST_TEST(tolerated.notes.size() == 1u);
  fields.from = Days(-30);
  fields.to = Days(-1);
  refused_for(verdict(Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate(), {}, false), {"has expired"});
}

BOOST_AUTO_TEST_CASE(N17_an_intermediate_needs_its_issuer_and_its_place_below_it) {
  const Authority middle("middle", root);
  refused_for(verdict(middle.certificate()), {"neither in the file nor known"});
  const StagedVerdict good = verdict(middle.certificate(), {root.certificate()});
  BOOST_TEST(good.reasons.empty());
  BOOST_TEST((good.role == StagedRole::intermediate));

  CertificateFields narrow = authority_fields("narrow");
  narrow.basic_constraints = "critical,CA:TRUE,pathlen:0";
  const Authority last(narrow, EVP_EC_gen("P-256"), nullptr);
  BOOST_TEST(verdict(last.certificate()).reasons.empty());
  BOOST_TEST(verdict(last.issue(server("gds")), {last.certificate()}).reasons.empty());
  const Authority below("below", last);
  refused_for(verdict(below.certificate(), {last.certificate()}), {"pathLen"});
}

BOOST_AUTO_TEST_CASE(N17_the_same_number_of_one_issuer_is_refused_and_a_new_key_is_noted) {
  const StagedVerdict renewed = verdict(Authority("root").certificate(), {root.certificate()});
  BOOST_TEST(renewed.reasons.empty());
  BOOST_TEST(renewed.notes.size() == 1u);
  const auto [first, second] = certificates_with_one_serial_number();
  refused_for(verdict(second, {first}), {"serial number"});
}

BOOST_AUTO_TEST_CASE(N17_what_nobody_vouches_for_and_what_is_misused_is_refused) {
  CertificateFields silent = authority_fields("silent");
  silent.key_usage = "critical,digitalSignature";
  refused_for(verdict(Authority(silent, EVP_EC_gen("P-256"), nullptr).certificate()), {"may not sign certificates"});
  CertificateFields client = server("client");
  client.extended_key_usage = "clientAuth";
  refused_for(verdict(Authority(client, EVP_EC_gen("P-256"), nullptr).certificate()), {"not for this purpose"});
  const Authority impostor("root");
  refused_for(verdict(impostor.issue(server("gds")), {root.certificate()}), {"not signed by the issuer"});
  refused_for(verdict({std::byte{0x30}}), {"not an X.509 certificate"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
