#include <openssl/rsa.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "agent/error.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/public_key.h"
#include "tests/unit/agent/error_code.h"

using namespace edgeseal;
using agent::Code;
using agent::PssRestriction;
using test::has_code;
using tpm::Bytes;
using tpm::HashAlgorithm;

namespace {

// What an RSASSA-PSS key of libcrypto is restricted to; an empty name: to nothing.
struct Parameters {
  const char* hash = "";
  const char* mask_hash = "";
  int salt = 0;

  friend std::ostream& operator<<(std::ostream& out, const Parameters& parameters) {
    return out << parameters.hash << "/" << parameters.mask_hash << "/" << parameters.salt;
  }
};

Bytes generate(const Parameters& parameters) {
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
  EVP_PKEY* key = nullptr;
  BOOST_REQUIRE(context && EVP_PKEY_keygen_init(context.get()) > 0 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) > 0);
  if (*parameters.hash != '\0')
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(context.get(), parameters.hash, nullptr) > 0 &&
                  EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(context.get(), parameters.mask_hash) > 0 &&
                  EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context.get(), parameters.salt) > 0);
  BOOST_REQUIRE(EVP_PKEY_keygen(context.get(), &key) > 0);
  const agent::PublicKeyPtr owner(key);
  return agent::der_of(key, i2d_PUBKEY);
}

const Bytes& plain_rsa() {
  static const Bytes key = [] {
    const agent::PublicKeyPtr made(EVP_RSA_gen(2048));
    return agent::der_of(made.get(), i2d_PUBKEY);
  }();
  return key;
}

agent::SignatureRequest pss(HashAlgorithm hash, std::size_t salt) {
  return {wire::SignatureScheme::rsa_pss, hash, salt, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pss_key)

BOOST_AUTO_TEST_CASE(an_rsa_key_becomes_one_that_signs_with_pss_and_keeps_its_numbers) {
  BOOST_TEST(!agent::pss_restriction(plain_rsa()).has_value());
  const Bytes marked = agent::as_pss_key(plain_rsa());
  const auto restriction = agent::pss_restriction(marked);
  BOOST_REQUIRE(restriction.has_value());
  BOOST_TEST((!restriction->hash && restriction->least_salt == 0));
  const auto key = agent::parse_public_key(marked);
  BOOST_TEST(EVP_PKEY_is_a(key.get(), "RSA-PSS") == 1);
  BOOST_TEST((agent::algorithm_of(*key) == tpm::KeyAlgorithm::rsa_2048));
  BOOST_TEST((agent::to_tpm(*key) == agent::to_tpm(*agent::parse_public_key(plain_rsa()))));
}

BOOST_AUTO_TEST_CASE(an_ec_key_is_none) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  BOOST_TEST(!agent::pss_restriction(agent::der_of(key.get(), i2d_PUBKEY)).has_value());
}

BOOST_AUTO_TEST_CASE(what_libcrypto_restricts_is_read_and_carried_over) {
  const Bytes restricted = generate({"SHA384", "SHA384", 20});
  const auto read = agent::pss_restriction(restricted);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((read->hash == HashAlgorithm::sha384));
  BOOST_TEST(read->least_salt == 20u);
  const auto carried = agent::pss_restriction(agent::as_pss_key(plain_rsa(), restricted));
  BOOST_REQUIRE(carried.has_value());
  BOOST_TEST((carried->hash == HashAlgorithm::sha384));
  BOOST_TEST(!agent::pss_restriction(generate({}))->hash.has_value());
}

BOOST_DATA_TEST_CASE(parameters_that_no_signature_of_the_agent_meets_are_refused,
                     boost::unit_test::data::make(std::vector<Parameters>{
                         {"SHA1", "SHA1", 20}, {"SHA224", "SHA224", 28}, {"SHA256", "SHA384", 32}}),
                     parameters) {
  const Bytes key = generate(parameters);
  BOOST_CHECK_EXCEPTION((void)agent::pss_restriction(key), agent::Error, has_code(Code::not_supported));
}

BOOST_AUTO_TEST_CASE(damaged_parameters_are_refused) {
  Bytes key = agent::as_pss_key(plain_rsa(), generate({"SHA256", "SHA256", 32}));
  constexpr std::size_t parameters_begin = 4 + 2 + 11;  // behind SEQUENCE, SEQUENCE, OBJECT IDENTIFIER
  BOOST_REQUIRE((key[parameters_begin] == std::byte{0x30}));
  key[parameters_begin + 2] = std::byte{0x04};
  BOOST_CHECK_EXCEPTION((void)agent::pss_restriction(key), agent::Error, has_code(Code::not_supported));
  key[parameters_begin] = std::byte{0x31};
  BOOST_CHECK_EXCEPTION((void)agent::pss_restriction(key), agent::Error, has_code(Code::not_supported));
  key.resize(10);
  BOOST_CHECK_EXCEPTION((void)agent::pss_restriction(key), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_restriction_holds) {
  const auto refused = [](const PssRestriction& restriction, const agent::SignatureRequest& request) {
    BOOST_CHECK_EXCEPTION(agent::require_permitted(restriction, request, "web"), agent::Error,
                          has_code(Code::not_supported));
  };
  agent::require_permitted({}, pss(HashAlgorithm::sha512, 0), "web");
  refused({}, {wire::SignatureScheme::rsa_pkcs1, HashAlgorithm::sha256, 0, {}});
  refused({}, {wire::SignatureScheme::rsa_raw, HashAlgorithm::sha256, 0, {}});
  const PssRestriction restriction{HashAlgorithm::sha256, 32};
  agent::require_permitted(restriction, pss(HashAlgorithm::sha256, 32), "web");
  agent::require_permitted(restriction, pss(HashAlgorithm::sha256, 33), "web");
  refused(restriction, pss(HashAlgorithm::sha256, 31));
  refused(restriction, pss(HashAlgorithm::sha384, 48));
}

BOOST_AUTO_TEST_CASE(what_stands_beside_a_signature_is_what_libcrypto_writes) {
  const agent::AlgorithmPtr algorithm = agent::pss_algorithm(HashAlgorithm::sha256, 32);
  constexpr std::string_view expected =  // RFC 4055 §3.1, DER
      "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609608648"
      "0165030402010500a203020120";
  BOOST_TEST(agent::hexadecimal(agent::der_of(algorithm.get(), i2d_X509_ALGOR)) == expected);
}

BOOST_AUTO_TEST_SUITE_END()
