// A program whose default properties are fips=yes, as a distribution in FIPS mode sets them: libcrypto merges them into
// all that it looks for.

#include <openssl/decoder.h>
#include <openssl/encoder.h>

#include <boost/test/data/test_case.hpp>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

const std::vector<std::string> kinds{"RSA", "RSA-PSS", "EC", "ED25519"};
const std::vector<std::string> signatures{"RSA", "ECDSA", "ED25519"};

struct StrictProgram : Program {
  StrictProgram(const Fixture& fixture, const std::string& settings, const std::string& providers = default_first)
      : Program(fixture.directory, fixture.socket, settings, providers) {
    BOOST_REQUIRE(EVP_default_properties_enable_fips(context(), 1) == 1);
  }
};

// No module for the program's own digests is here: the agent's side echoes those that it gets.
struct FipsFixture : Fixture {
  FipsFixture() { server.answer_digests(); }

  bool signs_digest(const PkeyPtr& key) const {
    const Bytes digest(32, std::byte{7});
    return key && sign_digest(strict.context(), key.get(), digest, "SHA256") == digest;
  }

  const StrictProgram strict{*this, "fips = yes\n"};
};

bool is_of_edgeseal(const OSSL_PROVIDER* provider) {
  return std::string_view(OSSL_PROVIDER_get0_name(provider)) == "edgeseal";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fips)

BOOST_FIXTURE_TEST_CASE(a_key_of_a_store_signs_where_the_program_demands_fips, FipsFixture) {
  BOOST_TEST(signs_digest(strict.load_key("edgeseal:ec")), take_errors());
}

BOOST_FIXTURE_TEST_CASE(a_key_reference_signs_where_the_program_demands_fips, FipsFixture) {
  const PkeyPtr key = strict.read_key(pem_reference("ec", Material::get().ec.get()));
  BOOST_TEST(signs_digest(key), take_errors());
}

BOOST_DATA_TEST_CASE_F(FipsFixture, keys_of_each_kind_are_found, boost::unit_test::data::make(kinds), name) {
  OSSL_LIB_CTX* const library = strict.context();
  const std::shared_ptr<EVP_KEYMGMT> keys(EVP_KEYMGMT_fetch(library, name.c_str(), nullptr), EVP_KEYMGMT_free);
  BOOST_REQUIRE(keys);
  BOOST_TEST(is_of_edgeseal(EVP_KEYMGMT_get0_provider(keys.get())));
  const std::shared_ptr<OSSL_DECODER> decoder(
      OSSL_DECODER_fetch(library, name.c_str(), "structure=EdgesealKeyReference"), OSSL_DECODER_free);
  BOOST_TEST(decoder);
  const std::shared_ptr<OSSL_ENCODER> encoder(
      OSSL_ENCODER_fetch(library, name.c_str(), "output=pem,structure=EdgesealKeyReference"), OSSL_ENCODER_free);
  BOOST_TEST(encoder);
}

BOOST_DATA_TEST_CASE_F(FipsFixture, each_signature_is_found, boost::unit_test::data::make(signatures), name) {
  const std::shared_ptr<EVP_SIGNATURE> found(EVP_SIGNATURE_fetch(strict.context(), name.c_str(), nullptr),
                                             EVP_SIGNATURE_free);
  BOOST_REQUIRE(found);
  BOOST_TEST(is_of_edgeseal(EVP_SIGNATURE_get0_provider(found.get())));
}

BOOST_FIXTURE_TEST_CASE(decryption_is_found, FipsFixture) {
  const std::shared_ptr<EVP_ASYM_CIPHER> found(EVP_ASYM_CIPHER_fetch(strict.context(), "RSA", nullptr),
                                               EVP_ASYM_CIPHER_free);
  BOOST_REQUIRE(found);
  BOOST_TEST(is_of_edgeseal(EVP_ASYM_CIPHER_get0_provider(found.get())));
}

// Who validated what, only the administrator knows.
BOOST_FIXTURE_TEST_CASE(nothing_is_claimed_where_the_settings_do_not_say_it, Fixture) {
  for (const char* settings : {"", "fips = no\n"}) {
    const StrictProgram unsaid(*this, settings);
    BOOST_TEST(!unsaid.load_key("edgeseal:ec"));
    BOOST_TEST(take_errors().find("No store loader found") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_with_the_settings_is_told_to_programs_that_demand_fips, Fixture) {
  const StrictProgram unclear(*this, "fips = perhaps\n");
  BOOST_TEST(!unclear.load_key("edgeseal:ec"));
  BOOST_TEST(take_errors().find("fips must be yes or no") != std::string::npos);
  const StrictProgram reversed(*this, "", Program::default_last);
  BOOST_TEST(!reversed.load_key("edgeseal:ec"));
  BOOST_TEST(take_errors().find("activate default first") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
