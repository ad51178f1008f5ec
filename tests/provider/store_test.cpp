#include "tests/provider/store_contents.h"

#include <openssl/x509_vfy.h>

#include <boost/test/data/test_case.hpp>

namespace edgeseal::tests {
namespace {

const std::vector<int> every_type{OSSL_STORE_INFO_NAME, OSSL_STORE_INFO_PARAMS, OSSL_STORE_INFO_PUBKEY,
                                  OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_CERT,   OSSL_STORE_INFO_CRL};

using SearchPtr = std::shared_ptr<OSSL_STORE_SEARCH>;

// A key with a name of three parts, and a list of trust anchors.
struct StoreFixture : Fixture {
  StoreFixture() {
    const Material& material = Material::get();
    server.add_key("web/tls/tls-client", material.ec, {material.ec_certificate, material.ca});
    server.trust({material.ca, other_ca});
  }

  StoreContents read(const std::string& uri, int expect = 0, const SearchPtr& search = {}) {
    return read_store(program.context(), uri, expect, search.get());
  }

  std::string refusal(const std::string& uri) {
    BOOST_TEST(!read(uri).opened, uri << " opens");
    return take_errors();
  }

  const PkeyPtr other_key = fakes::generate_key("EC");
  const CertificatePtr other_ca = fakes::issue_certificate(other_key.get(), "Other CA", nullptr, nullptr);
};

bool are(const std::vector<CertificatePtr>& found, const std::vector<CertificatePtr>& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](const auto& a, const auto& b) { return X509_cmp(a.get(), b.get()) == 0; });
}

SearchPtr by_subject(const CertificatePtr& certificate) {
  return {OSSL_STORE_SEARCH_by_name(X509_get_subject_name(certificate.get())), OSSL_STORE_SEARCH_free};
}

SearchPtr by_issuer_and_serial(const CertificatePtr& certificate) {
  return {OSSL_STORE_SEARCH_by_issuer_serial(X509_get_issuer_name(certificate.get()),
                                             X509_get0_serialNumber(certificate.get())),
          OSSL_STORE_SEARCH_free};
}

struct Fingerprint {
  Fingerprint(const EVP_MD* digest, const Bytes& der) {
    BOOST_REQUIRE(EVP_Digest(der.data(), der.size(), value, &size, digest, nullptr) == 1);
    search.reset(OSSL_STORE_SEARCH_by_key_fingerprint(digest, value, size), OSSL_STORE_SEARCH_free);
  }

  unsigned char value[EVP_MAX_MD_SIZE] = {};
  unsigned size = 0;
  SearchPtr search;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store)

BOOST_FIXTURE_TEST_CASE(each_type_of_object_yields_that_and_no_other, StoreFixture) {
  const Material& material = Material::get();
  const std::vector<std::pair<std::string, std::vector<int>>> contents{
      {"", {OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_CERT}},
      {";type=private", {OSSL_STORE_INFO_PKEY}},
      {";type=public", {OSSL_STORE_INFO_PUBKEY}},
      {";type=cert", {OSSL_STORE_INFO_CERT}},
      {";type=ca", {OSSL_STORE_INFO_CERT}},
      {";type=trust", {OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_CERT}}};
  for (const auto& [type, types] : contents) {
    BOOST_TEST(read("edgeseal:ec" + type).types == types, type);
    for (const int expect : every_type) {
      std::vector<int> expected;
      for (const int found : types) {
        if (found == expect) expected.push_back(found);
      }
      if (type.empty() && expect == OSSL_STORE_INFO_PUBKEY) expected = {OSSL_STORE_INFO_PUBKEY};
      BOOST_TEST(read("edgeseal:ec" + type, expect).types == expected, type << " where " << expect << " is expected");
    }
  }
  BOOST_TEST(take_errors() == "");
  BOOST_CHECK(are(read("edgeseal:ec;type=cert").certificates, {material.ec_certificate}));
  BOOST_CHECK(are(read("edgeseal:ec;type=ca").certificates, {material.ca}));
  BOOST_CHECK(are(read("edgeseal:ec;type=trust").certificates, {material.ca, other_ca}));
}

BOOST_FIXTURE_TEST_CASE(a_public_key_verifies_and_does_not_sign, StoreFixture) {
  for (const auto& contents : {read("edgeseal:ec;type=public"), read("edgeseal:ec", OSSL_STORE_INFO_PUBKEY)}) {
    BOOST_REQUIRE(contents.keys.size() == 1U);
    BOOST_TEST(EVP_PKEY_eq(contents.keys[0].get(), Material::get().ec.get()) == 1);
    BOOST_TEST(sign(program.context(), contents.keys[0].get(), "message").empty());
    BOOST_TEST(take_errors() != "");
  }
}

BOOST_FIXTURE_TEST_CASE(an_opening_costs_one_request_and_what_it_yields_is_of_one_generation, StoreFixture) {
  const std::shared_ptr<OSSL_STORE_CTX> opened(
      OSSL_STORE_open_ex("edgeseal:ec", program.context(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  BOOST_REQUIRE(opened);
  server.stop();
  std::vector<int> types;
  while (OSSL_STORE_eof(opened.get()) == 0) {
    const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(opened.get()), OSSL_STORE_INFO_free);
    BOOST_REQUIRE(info);
    types.push_back(OSSL_STORE_INFO_get_type(info.get()));
  }
  BOOST_TEST(types.size() == 3U);
  BOOST_TEST(server.requests(wire::Operation::describe) == 1U);
  BOOST_TEST(server.requests(wire::Operation::trust_anchors) == 0U);
}

BOOST_FIXTURE_TEST_CASE(options_are_parts_of_the_name, StoreFixture) {
  for (const char* uri : {"edgeseal:web/tls/tls-client", "edgeseal:web;group=tls;certificate-type=tls-client",
                          "edgeseal:web/tls;certificate-type=tls-client;type=private",
                          "edgeseal:web;type=private;certificate-type=tls-client;group=tls",
                          "edgeseal:web%2Ftls/tls%2dclient", "edgeseal:%77eb;group=%74ls;certificate-type=tls-client",
                          "edgeseal:web//tls-client;group=tls", "EDGESEAL:web/tls/tls-client"}) {
    const StoreContents contents = read(uri, OSSL_STORE_INFO_PKEY);
    BOOST_REQUIRE_MESSAGE(contents.keys.size() == 1U, uri << ": " << take_errors());
    BOOST_TEST(EVP_PKEY_eq(contents.keys[0].get(), Material::get().ec.get()) == 1);
  }
}

BOOST_FIXTURE_TEST_CASE(an_absent_part_stays_for_the_agent_to_choose, StoreFixture) {
  server.add_key("web//tls-client", Material::get().rsa);
  BOOST_TEST(read("edgeseal:web;certificate-type=tls-client").keys.size() == 1U);
  BOOST_TEST(read("edgeseal:ec/").keys.size() == 1U);
  BOOST_TEST(read("edgeseal:ec//").keys.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_with_a_uri_is_named, StoreFixture) {
  const auto says = [this](const std::string& uri, const std::string& words) {
    const std::string errors = refusal(uri);
    BOOST_TEST(errors.find("invalid key URI") != std::string::npos, uri << ": " << errors);
    BOOST_TEST(errors.find(words) != std::string::npos, uri << ": " << errors);
  };
  says("edgeseal:ec;object=a", "\"object\" is no option");
  says("edgeseal:ec;", "\"\" is no option");
  says("edgeseal:ec;type=cert;", "\"\" is no option");
  says("edgeseal:ec;type", "\"\" is no type");
  says("edgeseal:ec;type=crl", "\"crl\" is no type");
  says("edgeseal:ec;type=cert;type=ca", "\"ca\" is a second type");
  says("edgeseal:ec;group=", "\"group=\" is an option without a value");
  says("edgeseal:web/tls;group=https", "\"group=https\" says what the URI has said before");
  says("edgeseal:web;certificate-type=a;certificate-type=b", "\"certificate-type=b\" says");
  says("edgeseal:web;group=tls/tls-client", "more than one part");
  says("edgeseal:web;group=tls%2ftls-client", "more than one part");
  says("edgeseal:", "begins with an application");
  says("edgeseal:;type=trust", "begins with an application");
  says("edgeseal:;group=tls", "begins with an application");
  says("edgeseal:/tls", "begins with an application");
  says("edgeseal:ec%", "percent-encoding");
  says("edgeseal:ec%4", "percent-encoding");
  says("edgeseal:ec%zz", "percent-encoding");
  says("edgeseal:ec%+1", "percent-encoding");
  says("edgeseal:ec%00", "visible ASCII");
  says("edgeseal:ec%20", "visible ASCII");
  says("edgeseal:" + std::string(256, 'a'), "255 characters");
  says("edgeseal:" + std::string(200, 'a') + ";group=" + std::string(100, 'b'), "255 visible ASCII");
  BOOST_TEST(server.requests(wire::Operation::describe) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_long_list_of_trust_anchors_comes_whole, StoreFixture) {
  std::vector<CertificatePtr> many;
  for (int i = 0; i < 40; ++i)
    many.push_back(fakes::issue_certificate(other_key.get(), "CA " + std::to_string(i), nullptr, nullptr));
  for (const std::size_t page : {1U, 3U, 16U}) {
    server.trust(many, page);
    BOOST_CHECK(are(read("edgeseal:web;type=trust").certificates, many));
  }
  server.trust({});
  BOOST_TEST(read("edgeseal:web;type=trust").opened);
  BOOST_TEST(read("edgeseal:web;type=trust").types.empty());
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_list_that_changes_while_it_is_read_is_read_again, StoreFixture) {
  server.trust({Material::get().ca, other_ca}, 1);
  server.change_trust(1);
  BOOST_CHECK(are(read("edgeseal:web;type=trust").certificates, {Material::get().ca, other_ca}));
  BOOST_TEST(server.requests(wire::Operation::trust_anchors) == 4U);
  server.change_trust(100);
  BOOST_TEST(refusal("edgeseal:web;type=trust").find("changed 4 times") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_answer_without_the_next_trust_anchor_is_malformed, StoreFixture) {
  server.trust({other_ca}, 0);
  BOOST_TEST(refusal("edgeseal:web;type=trust").find("malformed answer") != std::string::npos);
}

// libcrypto looks for each issuer of a chain anew. All but the first look fall into the time that the first one took.
BOOST_FIXTURE_TEST_CASE(a_silent_agent_costs_the_time_limit_once_however_often_trust_anchors_are_asked_for,
                        StoreFixture) {
  const Program impatient{directory, socket, "timeout-ms = 5000\n"};
  server.behave(fakes::KeyServer::Behaviour::hold, fakes::KeyServer::always);
  const auto opens = [&] {
    return OSSL_STORE_open_ex("edgeseal:ec;type=trust", impatient.context(), nullptr, nullptr, nullptr, nullptr,
                              nullptr, nullptr) != nullptr;
  };
  for (int i = 0; i < 5; ++i) BOOST_TEST(!opens());
  BOOST_TEST(take_errors().find("agent did not answer in time") != std::string::npos);
  BOOST_TEST(server.requests(wire::Operation::trust_anchors) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_of_the_agent_names_its_cause, StoreFixture) {
  server.refuse(fakes::KeyServer::Refusal{wire::Status::not_permitted, "no rule"});
  for (const char* uri : {"edgeseal:web", "edgeseal:web;type=trust"}) {
    const std::string errors = refusal(uri);
    BOOST_TEST(errors.find("not permitted") != std::string::npos);
    BOOST_TEST(errors.find("key web: no rule") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_certificate_is_found_by_its_subject, StoreFixture) {
  const Material& material = Material::get();
  BOOST_CHECK(are(read("edgeseal:ec", 0, by_subject(material.ec_certificate)).certificates, {material.ec_certificate}));
  BOOST_CHECK(are(read("edgeseal:ec", 0, by_subject(material.ca)).certificates, {material.ca}));
  BOOST_CHECK(are(read("edgeseal:ec;type=trust", 0, by_subject(other_ca)).certificates, {other_ca}));
  const StoreContents nothing = read("edgeseal:ec", 0, by_subject(other_ca));
  BOOST_TEST(nothing.opened);
  BOOST_TEST(nothing.types.empty());
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_is_found_by_issuer_and_serial_number, StoreFixture) {
  const Material& material = Material::get();
  for (const auto& wanted : {material.ec_certificate, material.ca}) {
    BOOST_CHECK(are(read("edgeseal:ec", 0, by_issuer_and_serial(wanted)).certificates, {wanted}));
  }
  BOOST_TEST(read("edgeseal:ec", 0, by_issuer_and_serial(material.rsa_certificate)).types.empty());
}

BOOST_FIXTURE_TEST_CASE(key_and_certificate_are_found_by_the_fingerprint_of_the_key, StoreFixture) {
  const Material& material = Material::get();
  for (const EVP_MD* digest : {EVP_sha1(), EVP_sha256(), EVP_sha512()}) {
    const Fingerprint of_key(digest, fakes::public_key_of(material.ec.get()));
    BOOST_TEST(read("edgeseal:ec", 0, of_key.search).types ==
               (std::vector<int>{OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_CERT}));
    BOOST_TEST(read("edgeseal:rsa", 0, of_key.search).types.empty());
    const Fingerprint of_certificate(digest, fakes::der_of(material.ec_certificate.get()));
    BOOST_CHECK(are(read("edgeseal:ec", 0, of_certificate.search).certificates, {material.ec_certificate}));
    BOOST_TEST(read("edgeseal:ec", 0, of_certificate.search).types.size() == 1U);
  }
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_search_that_is_none_is_refused, StoreFixture) {
  const SearchPtr by_alias(OSSL_STORE_SEARCH_by_alias("web"), OSSL_STORE_SEARCH_free);
  BOOST_TEST(!read("edgeseal:ec", 0, by_alias).opened);
  BOOST_TEST(take_errors().find("search not supported") != std::string::npos);
}

BOOST_DATA_TEST_CASE_F(StoreFixture, it_says_what_it_can_search,
                       boost::unit_test::data::make(std::vector<int>{
                           OSSL_STORE_SEARCH_BY_NAME, OSSL_STORE_SEARCH_BY_ISSUER_SERIAL,
                           OSSL_STORE_SEARCH_BY_KEY_FINGERPRINT, OSSL_STORE_SEARCH_BY_ALIAS}),
                       kind) {
  const std::shared_ptr<OSSL_STORE_CTX> opened(
      OSSL_STORE_open_ex("edgeseal:ec", program.context(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  BOOST_REQUIRE(opened);
  BOOST_TEST(OSSL_STORE_supports_search(opened.get(), kind) == (kind != OSSL_STORE_SEARCH_BY_ALIAS));
}

BOOST_FIXTURE_TEST_CASE(a_tls_context_verifies_peers_with_the_trust_anchors, StoreFixture) {
  const std::shared_ptr<SSL_CTX> tls(SSL_CTX_new_ex(program.context(), nullptr, TLS_method()), SSL_CTX_free);
  BOOST_REQUIRE(SSL_CTX_load_verify_store(tls.get(), "edgeseal:web;type=trust") == 1);
  const auto verdict = [&](const CertificatePtr& certificate) {
    const std::shared_ptr<X509_STORE_CTX> check(X509_STORE_CTX_new_ex(program.context(), nullptr), X509_STORE_CTX_free);
    BOOST_REQUIRE(X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(tls.get()), certificate.get(), nullptr) == 1);
    return X509_verify_cert(check.get());
  };
  BOOST_TEST(verdict(Material::get().rsa_certificate) == 1);
  const PkeyPtr stranger = fakes::generate_key("EC");
  BOOST_TEST(verdict(fakes::issue_certificate(stranger.get(), "stranger", nullptr, nullptr)) != 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
