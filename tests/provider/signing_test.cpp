#include <openssl/rsa.h>

#include <boost/test/data/test_case.hpp>
#include <thread>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

struct Case {
  const char* key;
  SignOptions options;
};

std::ostream& operator<<(std::ostream& out, const Case& shown) {
  return out << shown.key << ' ' << shown.options.digest << " padding " << shown.options.padding << " salt "
             << shown.options.salt;
}

const std::vector<Case> cases{{"rsa", {.digest = "SHA1"}},
                              {"rsa", {.digest = "SHA256"}},
                              {"rsa", {.digest = "SHA384"}},
                              {"rsa", {.digest = "SHA512"}},
                              {"rsa", {"SHA256", RSA_PKCS1_PSS_PADDING, 32}},
                              {"rsa", {"SHA256", RSA_PKCS1_PSS_PADDING, 0}},
                              {"rsa", {"SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST}},
                              {"rsa", {"SHA384", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST}},
                              {"rsa", {"SHA512", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX}},
                              {"rsa", {"SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_AUTO}},
                              {"ec", {.digest = "SHA256"}},
                              {"ec", {.digest = "SHA384"}},
                              {"ed25519", {.digest = ""}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(signing)

BOOST_DATA_TEST_CASE_F(Fixture, a_signature_verifies_with_the_default_provider, boost::unit_test::data::make(cases),
                       chosen) {
  const PkeyPtr key = program.load_key(std::string("edgeseal:") + chosen.key);
  BOOST_REQUIRE(key);
  const Bytes signature = sign(program.context(), key.get(), "a message in several pieces", chosen.options);
  BOOST_CHECK_MESSAGE(
      verifies(Material::get().key(chosen.key).get(), "a message in several pieces", signature, chosen.options),
      take_errors());
  BOOST_CHECK(!verifies(Material::get().key(chosen.key).get(), "another message", signature, chosen.options));
}

BOOST_FIXTURE_TEST_CASE(a_digest_is_signed_as_it_is, Fixture) {
  Bytes digest(32);
  std::size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, "message", 7, reinterpret_cast<unsigned char*>(digest.data()), &size);
  const PkeyPtr ec = program.load_key("edgeseal:ec");
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  BOOST_CHECK(
      verifies(Material::get().ec.get(), "message", sign_digest(program.context(), ec.get(), digest, "SHA256")));
  BOOST_CHECK(verifies(Material::get().ec.get(), "message", sign_digest(program.context(), ec.get(), digest, nullptr)));
  BOOST_CHECK(
      verifies(Material::get().rsa.get(), "message", sign_digest(program.context(), rsa.get(), digest, "SHA256")));
}

BOOST_FIXTURE_TEST_CASE(a_digest_of_the_wrong_size_is_refused, Fixture) {
  const PkeyPtr ec = program.load_key("edgeseal:ec");
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  BOOST_CHECK(sign_digest(program.context(), ec.get(), Bytes(31), "SHA256").empty());
  BOOST_TEST(take_errors().find("wrong size of the digest") != std::string::npos);
  BOOST_CHECK(sign_digest(program.context(), ec.get(), Bytes(31), nullptr).empty());
  BOOST_CHECK(sign_digest(program.context(), rsa.get(), Bytes(31), "SHA256").empty());
  BOOST_TEST(take_errors().find("wrong size of the digest") != std::string::npos);
  BOOST_CHECK(sign_digest(program.context(), rsa.get(), Bytes(246), nullptr).empty());
  BOOST_TEST(take_errors().find("wrong size of the digest") != std::string::npos);
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_the_key_socket_cannot_name_is_refused, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  const auto fails_with = [&](const SignOptions& options, const char* reason) {
    const bool failed = sign(program.context(), rsa.get(), "message", options).empty();
    return failed && take_errors().find(reason) != std::string::npos;
  };
  BOOST_CHECK(fails_with({.digest = "SHA3-256"}, "digest not supported"));
  BOOST_CHECK(fails_with({"SHA256", RSA_PKCS1_PSS_PADDING, 223}, "invalid salt length"));
  BOOST_CHECK(fails_with({"SHA256", RSA_NO_PADDING, 0}, "padding not supported"));
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_FIXTURE_TEST_CASE(pss_wants_one_digest_for_both_uses, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  BOOST_REQUIRE(
      EVP_DigestSignInit_ex(operation.get(), &context, "SHA256", program.context(), nullptr, rsa.get(), nullptr) == 1);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, "SHA384", nullptr) == 1);
  unsigned char signature[256];
  std::size_t size = sizeof(signature);
  BOOST_CHECK(EVP_DigestSign(operation.get(), signature, &size, signature, 1) != 1);
  BOOST_TEST(take_errors().find("same digest for MGF1") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(ed25519_signs_messages_up_to_the_bound_of_the_key_socket, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ed25519");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1900}, std::size_t{2100}, wire::max_message_to_sign}) {
    const std::string message(size, 'm');
    const Bytes signature = sign(program.context(), key.get(), message, {.digest = ""});
    BOOST_TEST(signature.size() == 64U);
    BOOST_CHECK(verifies(Material::get().ed25519.get(), message, signature, {.digest = ""}));
  }
  BOOST_TEST(take_errors() == "");
  const std::string message(wire::max_message_to_sign + 1, 'm');
  BOOST_CHECK(sign(program.context(), key.get(), message, {.digest = ""}).empty());
  BOOST_TEST(take_errors().find("request too large") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(ed25519_takes_no_digest_and_no_pieces, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ed25519");
  BOOST_CHECK(sign(program.context(), key.get(), "message", {.digest = "SHA256"}).empty());
  BOOST_TEST(take_errors().find("digest not supported") != std::string::npos);
  const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BOOST_REQUIRE(
      EVP_DigestSignInit_ex(operation.get(), nullptr, nullptr, program.context(), nullptr, key.get(), nullptr) == 1);
  BOOST_TEST(EVP_DigestSignUpdate(operation.get(), "message", 7) != 1);
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

// A context that failed to sign is done with from libcrypto 3.4 on.
BOOST_FIXTURE_TEST_CASE(an_ed25519_operation_can_be_copied, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ed25519");
  const std::shared_ptr<EVP_MD_CTX> first(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const std::shared_ptr<EVP_MD_CTX> second(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BOOST_REQUIRE(EVP_DigestSignInit_ex(first.get(), nullptr, nullptr, program.context(), nullptr, key.get(), nullptr) ==
                1);
  BOOST_REQUIRE(EVP_MD_CTX_copy_ex(second.get(), first.get()) == 1);
  Bytes signature(64);
  auto* const start = reinterpret_cast<unsigned char*>(signature.data());
  const auto* message = reinterpret_cast<const unsigned char*>("message");
  std::size_t size = signature.size() - 1;
  BOOST_TEST(EVP_DigestSign(second.get(), start, &size, message, 7) != 1);
  BOOST_TEST(take_errors().find("buffer too small") != std::string::npos);
  BOOST_REQUIRE(EVP_MD_CTX_copy_ex(second.get(), first.get()) == 1);
  size = signature.size();
  BOOST_TEST(EVP_DigestSign(second.get(), start, &size, message, 7) == 1);
  BOOST_CHECK(verifies(Material::get().ed25519.get(), "message", signature, {.digest = ""}));
}

BOOST_FIXTURE_TEST_CASE(a_signature_costs_one_request_over_one_connection, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  for (int i = 0; i < 10; ++i) BOOST_CHECK(!sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(server.requests(wire::Operation::sign) == 10U);
  BOOST_TEST(server.requests(wire::Operation::describe) == 1U);
  BOOST_TEST(server.connections() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_operation_can_be_copied_halfway, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  const std::shared_ptr<EVP_MD_CTX> first(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const std::shared_ptr<EVP_MD_CTX> second(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BOOST_REQUIRE(EVP_DigestSignInit_ex(first.get(), nullptr, "SHA256", program.context(), nullptr, key.get(), nullptr) ==
                1);
  BOOST_REQUIRE(EVP_DigestSignUpdate(first.get(), "half ", 5) == 1);
  BOOST_REQUIRE(EVP_MD_CTX_copy_ex(second.get(), first.get()) == 1);
  BOOST_REQUIRE(EVP_DigestSignUpdate(second.get(), "other", 5) == 1);
  Bytes signature(80);
  std::size_t size = signature.size();
  BOOST_REQUIRE(EVP_DigestSignFinal(second.get(), reinterpret_cast<unsigned char*>(signature.data()), &size) == 1);
  signature.resize(size);
  BOOST_CHECK(verifies(Material::get().ec.get(), "half other", signature));
}

BOOST_FIXTURE_TEST_CASE(eight_threads_sign_at_once, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string message = "message of thread " + std::to_string(i);
      for (int round = 0; round < 500; ++round) {
        good += verifies(Material::get().ec.get(), message, sign(program.context(), key.get(), message)) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(good == 8 * 500);
  BOOST_TEST(server.connections() <= 8U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
