#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <map>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

const std::vector<std::string> names{"ec", "p384", "rsa", "pss", "pss-sha256", "ed25519"};
const std::vector<std::string> cms_names{"ec", "p384", "rsa"};  // for PSS keys libcrypto has no CMS

const char* type_of(const std::string& name) {
  if (name == "ed25519") return "ED25519";
  if (name == "rsa") return "RSA";
  return name.starts_with("pss") ? "RSA-PSS" : "EC";
}

// Each with its value as libcrypto hands it out.
std::map<std::string, Bytes> readable_parameters(EVP_PKEY* key) {
  std::map<std::string, Bytes> found;
  for (const OSSL_PARAM* listed = EVP_PKEY_gettable_params(key); listed != nullptr && listed->key != nullptr;
       ++listed) {
    Bytes value(4096);
    OSSL_PARAM wanted[] = {*listed, OSSL_PARAM_construct_end()};
    wanted[0].data = value.data();
    wanted[0].data_size = listed->data_type == OSSL_PARAM_INTEGER ? sizeof(int) : value.size();
    wanted[0].return_size = OSSL_PARAM_UNMODIFIED;
    if (EVP_PKEY_get_params(key, wanted) != 1 || OSSL_PARAM_modified(wanted) != 1) continue;
    value.resize(wanted[0].return_size);
    found[listed->key] = value;
  }
  return found;
}

PkeyPtr public_part_of(EVP_PKEY* key) {
  const Bytes der = fakes::public_key_of(key);
  const auto* start = reinterpret_cast<const unsigned char*>(der.data());
  return {d2i_PUBKEY_ex(nullptr, &start, static_cast<long>(der.size()), fakes::default_only(), nullptr), EVP_PKEY_free};
}

struct LoadedKey : Fixture {
  PkeyPtr load(const std::string& name) {
    const PkeyPtr key = program.load_key("edgeseal:" + name);
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    return key;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(keys)

BOOST_DATA_TEST_CASE_F(LoadedKey, a_key_tells_what_its_public_part_tells, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const PkeyPtr software = Material::get().key(name);
  BOOST_TEST(EVP_PKEY_is_a(key.get(), type_of(name)) == 1);
  BOOST_TEST(EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_get_base_id(software.get()));
  BOOST_TEST(EVP_PKEY_get_bits(key.get()) == EVP_PKEY_get_bits(software.get()));
  BOOST_TEST(EVP_PKEY_get_size(key.get()) == EVP_PKEY_get_size(software.get()));
  BOOST_TEST(EVP_PKEY_get_security_bits(key.get()) == EVP_PKEY_get_security_bits(software.get()));
  char digest[32] = {};
  char software_digest[32] = {};
  BOOST_TEST(EVP_PKEY_get_default_digest_name(key.get(), digest, sizeof(digest)) ==
             EVP_PKEY_get_default_digest_name(software.get(), software_digest, sizeof(software_digest)));
  BOOST_TEST(std::string(digest) == software_digest);
  BOOST_TEST((fakes::public_key_of(key.get()) == fakes::public_key_of(software.get())));
}

BOOST_FIXTURE_TEST_CASE(an_ed25519_key_tells_sizes_and_public_part, LoadedKey) {
  const PkeyPtr key = load("ed25519");
  BOOST_TEST(EVP_PKEY_get_bits(key.get()) == 256);
  BOOST_TEST(EVP_PKEY_get_security_bits(key.get()) == 128);
  BOOST_TEST(EVP_PKEY_get_size(key.get()) == 64);
  unsigned char own[32] = {};
  unsigned char software[32] = {};
  std::size_t size = sizeof(own);
  BOOST_TEST(EVP_PKEY_get_raw_public_key(key.get(), own, &size) == 1);
  BOOST_TEST(EVP_PKEY_get_raw_public_key(Material::get().ed25519.get(), software, &size) == 1);
  BOOST_TEST(std::equal(own, own + sizeof(own), software));
}

BOOST_DATA_TEST_CASE_F(LoadedKey, every_parameter_is_that_of_the_same_public_key_in_a_file,
                       boost::unit_test::data::make(names), name) {
  const auto own = readable_parameters(load(name).get());
  const auto expected = readable_parameters(public_part_of(Material::get().key(name).get()).get());
  BOOST_TEST(expected.size() >= 5U);
  for (const auto& [parameter, value] : expected) {
    BOOST_TEST_CONTEXT(parameter) {
      BOOST_REQUIRE(own.count(parameter) == 1);
      BOOST_TEST((own.at(parameter) == value));
    }
  }
  BOOST_TEST(own.size() == expected.size());
}

BOOST_FIXTURE_TEST_CASE(a_digest_is_mandatory_for_ed25519_and_for_restricted_keys_only, LoadedKey) {
  const auto asked = [&](const char* name) {
    char digest[32] = {};
    const int kind = EVP_PKEY_get_default_digest_name(load(name).get(), digest, sizeof(digest));
    return std::to_string(kind) + ' ' + digest;
  };
  BOOST_TEST(asked("rsa") == "1 SHA256");
  BOOST_TEST(asked("pss") == "1 SHA256");
  BOOST_TEST(asked("pss-sha256") == "2 SHA2-256");
  BOOST_TEST(asked("ec") == "1 SHA256");
  BOOST_TEST(asked("ed25519") == "2 UNDEF");
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_key_can_be_checked, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(program.context(), key.get(), nullptr),
                                              EVP_PKEY_CTX_free);
  BOOST_TEST(EVP_PKEY_public_check(context.get()) == 1);
  BOOST_TEST(EVP_PKEY_public_check_quick(context.get()) == 1);
  BOOST_TEST(EVP_PKEY_check(context.get()) == 1);
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(an_ec_key_tells_its_group_and_point, LoadedKey) {
  const PkeyPtr key = load("ec");
  char group[32] = {};
  std::size_t size = 0;
  BOOST_TEST(EVP_PKEY_get_group_name(key.get(), group, sizeof(group), &size) == 1);
  BOOST_TEST(std::string(group) == "prime256v1");
  unsigned char* point = nullptr;
  BOOST_TEST(EVP_PKEY_get1_encoded_public_key(key.get(), &point) == 65U);
  OPENSSL_free(point);
}

BOOST_FIXTURE_TEST_CASE(an_rsa_key_tells_its_modulus, LoadedKey) {
  BIGNUM* own = nullptr;
  BIGNUM* software = nullptr;
  BOOST_TEST(EVP_PKEY_get_bn_param(load("rsa").get(), OSSL_PKEY_PARAM_RSA_N, &own) == 1);
  BOOST_TEST(EVP_PKEY_get_bn_param(Material::get().rsa.get(), OSSL_PKEY_PARAM_RSA_N, &software) == 1);
  BOOST_TEST(BN_cmp(own, software) == 0);
  BN_free(own);
  BN_free(software);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, it_equals_the_same_key_elsewhere_in_both_orders, boost::unit_test::data::make(names),
                       name) {
  const PkeyPtr key = load(name);
  const PkeyPtr software = Material::get().key(name);
  const PkeyPtr other = fakes::generate_key(name == "p384" ? "P-384" : type_of(name));
  EVP_PKEY* certified = X509_get0_pubkey(Material::get().certificate(name).get());
  BOOST_TEST(EVP_PKEY_eq(key.get(), certified) == 1);
  BOOST_TEST(EVP_PKEY_eq(certified, key.get()) == 1);
  BOOST_TEST(EVP_PKEY_eq(key.get(), software.get()) == 1);
  BOOST_TEST(EVP_PKEY_eq(software.get(), key.get()) == 1);
  BOOST_TEST(EVP_PKEY_eq(key.get(), load(name).get()) == 1);
  BOOST_TEST(take_errors() == "");
  BOOST_TEST(EVP_PKEY_eq(key.get(), other.get()) != 1);
  BOOST_TEST(EVP_PKEY_eq(other.get(), key.get()) != 1);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, its_certificate_is_accepted_and_another_is_not, boost::unit_test::data::make(names),
                       name) {
  const PkeyPtr key = load(name);
  BOOST_TEST(X509_check_private_key(Material::get().certificate(name).get(), key.get()) == 1);
  BOOST_TEST(X509_check_private_key(Material::get().ca.get(), key.get()) != 1);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, D5_the_private_part_cannot_be_exported, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  OSSL_PARAM* parameters = nullptr;
  BIGNUM* secret = nullptr;
  BOOST_TEST(EVP_PKEY_todata(key.get(), EVP_PKEY_KEYPAIR, &parameters) != 1);
  BOOST_TEST(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &secret) != 1);
  BOOST_TEST(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_D, &secret) != 1);
  BOOST_TEST(take_errors().find("private key cannot be exported") != std::string::npos);
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_copy_signs_too_and_outlives_the_first, boost::unit_test::data::make(names), name) {
  PkeyPtr key = load(name);
  const PkeyPtr copy(EVP_PKEY_dup(key.get()), EVP_PKEY_free);
  BOOST_REQUIRE(copy);
  key.reset();
  const Bytes signature = sign(program.context(), copy.get(), "message", options_of(name));
  BOOST_CHECK(verifies(Material::get().key(name).get(), "message", signature, options_of(name)));
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_request_signed_with_it_verifies, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const std::shared_ptr<X509_REQ> request(X509_REQ_new_ex(program.context(), nullptr), X509_REQ_free);
  BOOST_REQUIRE(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  BOOST_REQUIRE(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
  BOOST_REQUIRE_MESSAGE(X509_REQ_sign(request.get(), key.get(), name == "ed25519" ? nullptr : EVP_sha256()) > 0,
                        take_errors());
  BOOST_TEST(X509_REQ_verify_ex(request.get(), Material::get().key(name).get(), fakes::default_only(), nullptr) == 1);
  BOOST_TEST(X509_REQ_verify_ex(request.get(), key.get(), program.context(), nullptr) == 1);
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_signed_with_pss_verifies, LoadedKey) {
  const PkeyPtr key = load("rsa");
  for (const char* digest : {"SHA1", "SHA256", "SHA384"}) {
    const std::shared_ptr<X509> certificate(X509_dup(Material::get().ec_certificate.get()), X509_free);
    const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* context = nullptr;
    BOOST_REQUIRE(
        EVP_DigestSignInit_ex(operation.get(), &context, digest, program.context(), nullptr, key.get(), nullptr) == 1);
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
    BOOST_REQUIRE_MESSAGE(X509_sign_ctx(certificate.get(), operation.get()) > 0, take_errors());
    BOOST_TEST(X509_verify(certificate.get(), Material::get().rsa.get()) == 1);
  }
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_cms_message_signed_with_it_verifies, boost::unit_test::data::make(cms_names),
                       name) {
  const PkeyPtr key = load(name);
  const std::shared_ptr<BIO> data(BIO_new_mem_buf("message", 7), BIO_free);
  const std::shared_ptr<CMS_ContentInfo> message(
      CMS_sign_ex(Material::get().certificate(name).get(), key.get(), nullptr, data.get(), CMS_BINARY,
                  program.context(), nullptr),
      CMS_ContentInfo_free);
  BOOST_REQUIRE_MESSAGE(message, take_errors());

  // As a receiver sees it, who has the certificate and not the key.
  const std::shared_ptr<BIO> sent(BIO_new(BIO_s_mem()), BIO_free);
  BOOST_REQUIRE(i2d_CMS_bio(sent.get(), message.get()) == 1);
  const std::shared_ptr<CMS_ContentInfo> received(d2i_CMS_bio(sent.get(), nullptr), CMS_ContentInfo_free);
  BOOST_CHECK_MESSAGE(CMS_verify(received.get(), nullptr, nullptr, nullptr, nullptr, CMS_NO_SIGNER_CERT_VERIFY) == 1,
                      take_errors());
}

BOOST_FIXTURE_TEST_CASE(ephemeral_keys_stay_with_the_default_provider, LoadedKey) {
  for (const char* type : {"EC", "RSA", "ED25519"}) {
    const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(program.context(), type, nullptr),
                                                EVP_PKEY_CTX_free);
    BOOST_REQUIRE(EVP_PKEY_keygen_init(context.get()) == 1);
    BOOST_TEST(std::string(OSSL_PROVIDER_get0_name(EVP_PKEY_CTX_get0_provider(context.get()))) == "default");
  }
  const PkeyPtr made(EVP_PKEY_Q_keygen(program.context(), nullptr, "EC", "P-256"), EVP_PKEY_free);
  BOOST_REQUIRE(made);
  BOOST_TEST(!sign(program.context(), made.get(), "message").empty());
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
