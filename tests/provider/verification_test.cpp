// A key of the agent verifies by its public part, without asking the agent.

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <boost/test/data/test_case.hpp>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

using KeyContext = std::shared_ptr<EVP_PKEY_CTX>;
using DigestContext = std::shared_ptr<EVP_MD_CTX>;

const std::vector<std::string> names{"ec", "p384", "rsa", "pss", "pss-sha256", "ed25519"};
const std::vector<std::string> hashing_names{"ec", "p384", "rsa", "pss", "pss-sha256"};

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* octets(const Bytes& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct VerificationFixture : Fixture {
  PkeyPtr load(const std::string& name) const {
    const PkeyPtr key = program.load_key("edgeseal:" + name);
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    return key;
  }

  // By the key in the file, thus without the agent.
  static Bytes signature_of(const std::string& name, std::string_view message) {
    return sign(fakes::default_only(), Material::get().key(name).get(), message, options_of(name));
  }

  bool verifies_here(EVP_PKEY* key, std::string_view message, const Bytes& signature, const char* digest) const {
    const DigestContext operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestVerifyInit_ex(operation.get(), nullptr, digest, program.context(), nullptr, key, nullptr) == 1 &&
           EVP_DigestVerify(operation.get(), octets(signature), signature.size(), octets(message), message.size()) == 1;
  }

  KeyContext context_of(EVP_PKEY* key) const {
    return {EVP_PKEY_CTX_new_from_pkey(program.context(), key, nullptr), EVP_PKEY_CTX_free};
  }
};

Bytes digest_of(std::string_view message) {
  Bytes digest(32);
  std::size_t size = 0;
  EVP_Q_digest(fakes::default_only(), "SHA256", nullptr, message.data(), message.size(), octets(digest), &size);
  return digest;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verification)

BOOST_DATA_TEST_CASE_F(VerificationFixture, a_signature_of_its_own_and_no_other_verifies,
                       boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const char* digest = name == "ed25519" ? nullptr : "SHA256";
  const Bytes signature = sign(program.context(), key.get(), "message", options_of(name));
  Bytes spoiled = signature;
  spoiled[signature.size() / 2] ^= std::byte{1};
  BOOST_CHECK_MESSAGE(verifies_here(key.get(), "message", signature, digest), take_errors());
  BOOST_CHECK(!verifies_here(key.get(), "another message", signature, digest));
  BOOST_CHECK(!verifies_here(key.get(), "message", spoiled, digest));
  BOOST_CHECK(!verifies_here(key.get(), "message", Bytes(), digest));
  BOOST_TEST(server.requests(wire::Operation::sign) == 1U);
}

BOOST_DATA_TEST_CASE_F(VerificationFixture, it_may_come_in_pieces_and_be_copied_halfway,
                       boost::unit_test::data::make(hashing_names), name) {
  const PkeyPtr key = load(name);
  const Bytes signature = signature_of(name, "half message");
  const DigestContext first(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const DigestContext second(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BOOST_REQUIRE(
      EVP_DigestVerifyInit_ex(first.get(), nullptr, "SHA256", program.context(), nullptr, key.get(), nullptr) == 1);
  BOOST_REQUIRE(EVP_DigestVerifyUpdate(first.get(), "half ", 5) == 1);
  BOOST_REQUIRE(EVP_MD_CTX_copy_ex(second.get(), first.get()) == 1);
  BOOST_REQUIRE(EVP_DigestVerifyUpdate(second.get(), "message", 7) == 1);
  BOOST_REQUIRE(EVP_DigestVerifyUpdate(first.get(), "other", 5) == 1);
  BOOST_TEST(EVP_DigestVerifyFinal(second.get(), octets(signature), signature.size()) == 1);
  BOOST_TEST(EVP_DigestVerifyFinal(first.get(), octets(signature), signature.size()) != 1);
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_DATA_TEST_CASE_F(VerificationFixture, a_digest_verifies_as_it_is, boost::unit_test::data::make(hashing_names),
                       name) {
  const PkeyPtr key = load(name);
  const Bytes signature = signature_of(name, "message");
  const KeyContext context = context_of(key.get());
  const auto verifies_digest = [&](const Bytes& digest) {
    return EVP_PKEY_verify(context.get(), octets(signature), signature.size(), octets(digest), digest.size()) == 1;
  };
  BOOST_REQUIRE_MESSAGE(EVP_PKEY_verify_init(context.get()) == 1, take_errors());
  BOOST_REQUIRE(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  BOOST_CHECK_MESSAGE(verifies_digest(digest_of("message")), take_errors());
  BOOST_CHECK(!verifies_digest(digest_of("another message")));
  const KeyContext copy(EVP_PKEY_CTX_dup(context.get()), EVP_PKEY_CTX_free);
  BOOST_REQUIRE(copy);
  const Bytes digest = digest_of("message");
  BOOST_TEST(EVP_PKEY_verify(copy.get(), octets(signature), signature.size(), octets(digest), digest.size()) == 1);
}

BOOST_FIXTURE_TEST_CASE(pss_verifies_with_the_salt_that_was_chosen, VerificationFixture) {
  const PkeyPtr key = load("rsa");
  const SignOptions of_32{"SHA256", RSA_PKCS1_PSS_PADDING, 32};
  const Bytes signature = sign(program.context(), key.get(), "message", of_32);
  const auto verifies_with = [&](int salt) {
    const DigestContext operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* context = nullptr;
    int chosen = 0;
    BOOST_REQUIRE(EVP_DigestVerifyInit_ex(operation.get(), &context, "SHA256", program.context(), nullptr, key.get(),
                                          nullptr) == 1);
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) == 1);
    BOOST_REQUIRE(EVP_PKEY_CTX_get_rsa_pss_saltlen(context, &chosen) > 0);
    BOOST_TEST(chosen == salt);
    return EVP_DigestVerify(operation.get(), octets(signature), signature.size(), octets("message"), 7) == 1;
  };
  BOOST_TEST(verifies_with(32));
  BOOST_TEST(verifies_with(RSA_PSS_SALTLEN_DIGEST));
  BOOST_TEST(verifies_with(RSA_PSS_SALTLEN_AUTO));
  BOOST_TEST(!verifies_with(20));
}

BOOST_FIXTURE_TEST_CASE(what_was_signed_is_recovered, VerificationFixture) {
  const PkeyPtr key = load("rsa");
  const Bytes signature = signature_of("rsa", "message");
  const KeyContext context = context_of(key.get());
  BOOST_REQUIRE_MESSAGE(EVP_PKEY_verify_recover_init(context.get()) == 1, take_errors());
  BOOST_REQUIRE(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  std::size_t size = 0;
  BOOST_REQUIRE(EVP_PKEY_verify_recover(context.get(), nullptr, &size, octets(signature), signature.size()) == 1);
  BOOST_TEST(size == 256U);
  Bytes digest(size);
  BOOST_REQUIRE(EVP_PKEY_verify_recover(context.get(), octets(digest), &size, octets(signature), signature.size()) ==
                1);
  digest.resize(size);
  BOOST_TEST((digest == digest_of("message")));
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_may_be_used_for_less_verifies_less, VerificationFixture) {
  const PkeyPtr key = load("pss-sha256");
  const Bytes signature = signature_of("pss-sha256", "message");
  BOOST_CHECK(!verifies_here(key.get(), "message", signature, "SHA384"));
  BOOST_TEST(!take_errors().empty());
  const KeyContext context = context_of(load("ec").get());
  BOOST_TEST(EVP_PKEY_verify_recover_init(context.get()) != 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
