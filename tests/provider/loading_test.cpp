#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/store.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>

#include "tests/provider/fixture.h"
#include "tests/provider/store_contents.h"

namespace edgeseal::tests {
namespace {

const std::vector<std::string> names{"ec", "rsa", "ed25519"};

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

struct LoadFixture : Fixture {
  void check_signs(const PkeyPtr& key, const std::string& name) {
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    const Bytes signature = sign(program.context(), key.get(), "message", options_of(name));
    BOOST_CHECK(verifies(Material::get().key(name).get(), "message", signature, options_of(name)));
    BOOST_TEST(take_errors() == "");
  }

  // The types of what a store yields, in order. `expect` zero asks for everything.
  std::vector<int> types_in(const std::string& uri, int expect) {
    return read_store(program.context(), uri, expect).types;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(loading)

BOOST_FIXTURE_TEST_CASE(a_store_yields_key_certificate_and_chain, LoadFixture) {
  const std::vector<int> everything{OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_CERT};
  BOOST_TEST(types_in("edgeseal:ec", 0) == everything);
  BOOST_TEST(server.requests(wire::Operation::describe) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_store_yields_only_what_is_expected, LoadFixture) {
  BOOST_TEST(types_in("edgeseal:ec", OSSL_STORE_INFO_PKEY) == std::vector<int>{OSSL_STORE_INFO_PKEY});
  BOOST_TEST(types_in("edgeseal:ec", OSSL_STORE_INFO_CERT) ==
             (std::vector<int>{OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_CERT}));
  BOOST_TEST(types_in("edgeseal:ec", OSSL_STORE_INFO_CRL).empty());
}

BOOST_FIXTURE_TEST_CASE(a_uri_may_say_which_part_it_means, LoadFixture) {
  BOOST_TEST(types_in("edgeseal:ec;type=private", 0) == std::vector<int>{OSSL_STORE_INFO_PKEY});
  BOOST_TEST(types_in("edgeseal:ec;type=cert", 0) == std::vector<int>{OSSL_STORE_INFO_CERT});
  BOOST_TEST(types_in("edgeseal:ec;type=ca", 0) == std::vector<int>{OSSL_STORE_INFO_CERT});
  BOOST_TEST(types_in("edgeseal:ec;type=cert", OSSL_STORE_INFO_PKEY).empty());
  BOOST_TEST(take_errors() == "");
  for (const char* wrong : {"edgeseal:ec;", "edgeseal:ec;type=", "edgeseal:ec;object=a",
                            "edgeseal:ec;type=cert;type=ca", "edgeseal:;type=cert"}) {
    BOOST_TEST(types_in(wrong, 0).empty());
    BOOST_TEST(take_errors().find("invalid key URI") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(several_references_in_a_file_are_several_keys, LoadFixture) {
  std::string references;
  for (const std::string& name : names) references += pem_reference(name, Material::get().key(name).get());
  const std::filesystem::path file = directory.write("all.pem", references);
  BOOST_TEST(types_in(file.string(), 0) == std::vector<int>(names.size(), OSSL_STORE_INFO_PKEY));
}

BOOST_FIXTURE_TEST_CASE(the_first_certificate_is_the_key_s_own, LoadFixture) {
  const std::shared_ptr<OSSL_STORE_CTX> store(
      OSSL_STORE_open_ex("edgeseal:rsa", program.context(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  BOOST_REQUIRE(OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_CERT) == 1);
  const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
  BOOST_REQUIRE_MESSAGE(info, take_errors());
  BOOST_TEST(X509_cmp(OSSL_STORE_INFO_get0_CERT(info.get()), Material::get().rsa_certificate.get()) == 0);
}

BOOST_DATA_TEST_CASE_F(LoadFixture, a_pem_reference_loads_without_the_agent, boost::unit_test::data::make(names),
                       name) {
  server.stop();
  const PkeyPtr key = program.read_key(pem_reference(name, Material::get().key(name).get()));
  BOOST_REQUIRE_MESSAGE(key, take_errors());
  BOOST_TEST(X509_check_private_key(Material::get().certificate(name).get(), key.get()) == 1);
  server.start();
  check_signs(key, name);
}

BOOST_DATA_TEST_CASE_F(LoadFixture, a_pem_reference_loads_behind_certificates, boost::unit_test::data::make(names),
                       name) {
  const std::string chain = pem_of(Material::get().ec_certificate.get()) + pem_of(Material::get().ca.get());
  check_signs(program.read_key(chain + pem_reference(name, Material::get().key(name).get())), name);
}

BOOST_DATA_TEST_CASE_F(LoadFixture, a_pem_reference_loads_with_crlf_and_text_around_it,
                       boost::unit_test::data::make(names), name) {
  const std::string reference = pem_reference(name, Material::get().key(name).get());
  check_signs(program.read_key(with_crlf("the key of the web server\n" + reference + "the end\n")), name);
}

BOOST_DATA_TEST_CASE_F(LoadFixture, a_file_store_yields_certificate_and_key, boost::unit_test::data::make(names),
                       name) {
  const std::filesystem::path file = directory.write(
      "both.pem", pem_of(Material::get().ec_certificate.get()) + pem_reference(name, Material::get().key(name).get()));
  BOOST_TEST(types_in(file.string(), 0) == (std::vector<int>{OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_PKEY}));
  check_signs(program.load_key("file:" + file.string()), name);
}

BOOST_DATA_TEST_CASE_F(LoadFixture, a_der_reference_loads, boost::unit_test::data::make(names), name) {
  const std::string pem = pem_reference(name, Material::get().key(name).get());
  const std::shared_ptr<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  BOOST_REQUIRE(PEM_read_bio(text.get(), &label, &header, &der, &size) == 1);
  const unsigned char* next = der;
  EVP_PKEY* key = d2i_AutoPrivateKey_ex(nullptr, &next, size, program.context(), nullptr);
  check_signs(PkeyPtr(key, EVP_PKEY_free), name);
  BOOST_TEST((next == der + size));
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(der);
}

BOOST_FIXTURE_TEST_CASE(a_key_file_still_loads_and_signs_without_the_agent, LoadFixture) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
  BOOST_REQUIRE(PEM_write_bio_PrivateKey(out.get(), Material::get().ec.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
                1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const PkeyPtr key = program.read_key(std::string(text, static_cast<std::size_t>(size)));
  check_signs(key, "ec");
  BOOST_TEST(server.connections() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_spoiled_reference_is_no_key, LoadFixture) {
  const std::string reference = pem_reference("ec", Material::get().ec.get());
  std::string spoiled = reference;
  std::swap(spoiled[60], spoiled[61]);
  BOOST_TEST(!program.read_key(spoiled));
  BOOST_TEST(!program.read_key(reference.substr(0, reference.size() / 2)));
  BOOST_TEST(!program.read_key("-----BEGIN EDGESEAL KEY REFERENCE-----\nAAAA\n-----END EDGESEAL KEY REFERENCE-----\n"));
}

BOOST_FIXTURE_TEST_CASE(a_reference_is_no_public_key_as_the_file_of_a_private_key_is_none, LoadFixture) {
  const std::string reference = pem_reference("ec", Material::get().ec.get());
  const std::shared_ptr<BIO> text(BIO_new_mem_buf(reference.data(), static_cast<int>(reference.size())), BIO_free);
  const PkeyPtr key(PEM_read_bio_PUBKEY_ex(text.get(), nullptr, nullptr, nullptr, program.context(), nullptr),
                    EVP_PKEY_free);
  BOOST_TEST(!key);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
