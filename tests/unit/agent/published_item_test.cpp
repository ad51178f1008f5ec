#include "agent/publication/published_item.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "agent/certificates/encoded_name.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
using agent::Bytes;

namespace {

using namespace std::string_literals;

struct Entry {
  int nid;
  std::string value;
  int type = V_ASN1_UTF8STRING;  // given as it is: libcrypto checks neither its length nor its characters
};

Bytes certificate_named(const std::vector<Entry>& entries) {
  const agent::CertificatePtr certificate(X509_new());
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  X509_set_version(certificate.get(), X509_VERSION_3);
  for (const Entry& entry : entries)
    BOOST_REQUIRE(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), entry.nid, entry.type,
                                             reinterpret_cast<const unsigned char*>(entry.value.data()),
                                             static_cast<int>(entry.value.size()), -1, 0) == 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  BOOST_REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return agent::der_of(certificate.get(), i2d_X509);
}

// What stands before the thumbprint.
std::string shown(const std::vector<Entry>& entries) {
  const std::string name = agent::published_certificates({certificate_named(entries)}).front().name;
  BOOST_TEST(name.size() >= 43u);
  return name.substr(0, name.size() - 43);  // " [" + 40 + "]"
}
std::string shown(const std::string& common_name) {
  return shown({{NID_commonName, common_name}});
}

Bytes text(std::string_view characters) {
  const auto bytes = std::as_bytes(std::span(characters));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(published_item)

BOOST_AUTO_TEST_CASE(a_name_is_the_common_name_and_the_thumbprint) {
  const test::Authority authority("Plant 7 Root-CA");
  const agent::CertificatePtr parsed(
      [der = agent::octets(authority.certificate()), size = authority.certificate().size()]() mutable {
        return d2i_X509(nullptr, &der, static_cast<long>(size));
      }());
  std::array<std::byte, 20> digest{};
  X509_digest(parsed.get(), EVP_sha1(), agent::out_octets(digest), nullptr);
  std::string thumbprint;
  for (const char c : agent::hexadecimal(digest)) thumbprint += static_cast<char>(std::toupper(c));
  const auto item = agent::published_certificates({authority.certificate()}).front();
  BOOST_TEST(item.name == "Plant 7 Root-CA [" + thumbprint + "]");
  BOOST_TEST(agent::published_name(authority.certificate(), "") == "Plant 7 Root-CA[" + thumbprint + "]");
  BOOST_TEST(item.hash == X509_subject_name_hash(parsed.get()));
}

BOOST_AUTO_TEST_CASE(a_crl_has_the_name_of_its_issuer_and_its_own_thumbprint) {
  const test::Authority authority("Root");
  const Bytes first = authority.crl(), second = authority.crl({authority.certificate()});
  const auto items = agent::published_crls({first, second});
  BOOST_TEST_REQUIRE(items.size() == 2u);
  BOOST_TEST(items[0].name.starts_with("Root ["));
  BOOST_TEST(items[0].name != items[1].name);
  BOOST_TEST(items[0].hash == items[1].hash);
  BOOST_TEST(items[0].pem.starts_with("-----BEGIN X509 CRL-----\n"));
}

BOOST_AUTO_TEST_CASE(no_common_name_is_dangerous_as_the_name_of_a_file) {
  BOOST_TEST(shown("../../etc/passwd") == "_._.__etc_passwd");
  BOOST_TEST(shown("..") == "_.");
  BOOST_TEST(shown("a....b") == "a._._b");
  BOOST_TEST(shown(".hidden") == "_hidden");
  BOOST_TEST(shown("-rf") == "_rf");
  BOOST_TEST(shown(" device") == "_device");
  BOOST_TEST(shown("a/b\\c:d*e?f\"g<h>i|j[k]l~m$n`o'p;q&r") == "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r");
  BOOST_TEST(shown("tab\tnew\nline\x7f\x1b[31m") == "tab_new_line___31m");
  BOOST_TEST(shown("nul\0nul"s) == "nul_nul");
  BOOST_TEST(shown("Gateway 1.2 (A), B=C+d@e_f") == "Gateway 1.2 (A), B=C+d@e_f");
}

BOOST_AUTO_TEST_CASE(a_character_beyond_ascii_is_one_underscore) {
  BOOST_TEST(shown("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x94\x91") == "M_ller _ _");
  BOOST_TEST(shown({{NID_commonName, "\x00G\x01\x51"s, V_ASN1_BMPSTRING}}) == "G_");
}

BOOST_AUTO_TEST_CASE(a_long_common_name_is_cut) {
  const std::string name = shown(std::string(300, 'x'));
  BOOST_TEST(name == std::string(64, 'x'));
  BOOST_TEST(shown("\xe2\x82\xac" + std::string(300, '/')) == std::string(64, '_'));
}

BOOST_AUTO_TEST_CASE(the_most_specific_common_name_counts) {
  BOOST_TEST(shown({{NID_commonName, "site"}, {NID_organizationName, "plant"}, {NID_commonName, "device"}}) ==
             "device");
}

BOOST_AUTO_TEST_CASE(without_a_common_name_it_is_unnamed) {
  BOOST_TEST(shown({{NID_organizationName, "plant"}}) == "unnamed");
  BOOST_TEST(shown(std::vector<Entry>{}) == "unnamed");
  BOOST_TEST(shown(""s) == "unnamed");
}

BOOST_AUTO_TEST_CASE(certificates_of_one_common_name_have_different_names) {
  const auto items = agent::published_certificates(
      {certificate_named({{NID_commonName, "twin"}}), certificate_named({{NID_commonName, "twin"}})});
  BOOST_TEST_REQUIRE(items.size() == 2u);
  BOOST_TEST(items[0].name != items[1].name);
  BOOST_TEST(items[0].hash == items[1].hash);
}

BOOST_AUTO_TEST_CASE(what_is_in_a_list_twice_is_shown_once) {
  const Bytes certificate = certificate_named({{NID_commonName, "device"}});
  BOOST_TEST(agent::published_certificates({certificate, certificate}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_certificate_have_a_name_and_are_no_pem) {
  std::set<std::string> names;
  const Bytes certificate = certificate_named({{NID_commonName, "device"}});
  for (const Bytes& bytes : {Bytes(), text("not DER"), Bytes(certificate.begin(), certificate.begin() + 60)}) {
    const auto item = agent::published_certificates({bytes}).front();
    BOOST_TEST(item.name.starts_with("unnamed ["));
    BOOST_TEST(item.pem.empty());
    BOOST_TEST(names.insert(item.name).second);
  }
}

// As far as the name, where a certificate is cut or has a wrong byte: never beyond its end.
BOOST_AUTO_TEST_CASE(a_damaged_certificate_has_its_name_or_none) {
  const Bytes certificate = certificate_named({{NID_organizationName, "plant"}, {NID_commonName, "device"}});
  for (std::size_t size = 0; size < certificate.size(); ++size)
    BOOST_TEST((agent::subject_of_certificate(Bytes(certificate.begin(), certificate.begin() + std::ptrdiff_t(size))) ==
                nullptr));
  for (std::size_t at = 0; at < certificate.size(); ++at) {
    Bytes damaged = certificate;
    damaged[at] ^= std::byte{0xff};
    (void)agent::published_certificates({damaged});
    (void)agent::published_crls({damaged});
  }
}

BOOST_AUTO_TEST_SUITE_END()
