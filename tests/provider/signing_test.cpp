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
                              {"pss", {"SHA384", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST}},
                              {"pss", {"SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX}},
                              {"pss-sha256", {.digest = "SHA256"}},
                              {"pss-sha256", {"SHA256", RSA_PKCS1_PSS_PADDING, 40}},
                              {"ec", {.digest = "SHA256"}},
                              {"ec", {.digest = "SHA384"}},
                              {"ed25519", {.digest = ""}}};

// What RFC 8017 section 9.2 puts before a digest, made by libcrypto.
Bytes digest_info(const char* hash, std::string_view message) {
  Bytes digest(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  EVP_Q_digest(fakes::default_only(), hash, nullptr, message.data(), message.size(),
               reinterpret_cast<unsigned char*>(digest.data()), &size);
  X509_ALGOR* algorithm = nullptr;
  ASN1_OCTET_STRING* value = nullptr;
  const std::shared_ptr<X509_SIG> info(X509_SIG_new(), X509_SIG_free);
  X509_SIG_getm(info.get(), &algorithm, &value);
  X509_ALGOR_set0(algorithm, OBJ_nid2obj(OBJ_txt2nid(hash)), V_ASN1_NULL, nullptr);
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>(digest.data()), static_cast<int>(size));
  unsigned char* der = nullptr;
  const int der_size = i2d_X509_SIG(info.get(), &der);
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  const Bytes result(bytes, bytes + der_size);
  OPENSSL_free(der);
  return result;
}

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

// As PKCS#11 callers do, and programs that know the hash of a file.
BOOST_FIXTURE_TEST_CASE(a_digest_info_is_signed_as_its_digest, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  server.forbid_legacy("rsa");
  for (const char* hash : {"SHA256", "SHA384", "SHA512"}) {
    const Bytes info = digest_info(hash, "message");
    BOOST_CHECK(verifies(Material::get().rsa.get(), "message", sign_digest(program.context(), rsa.get(), info, nullptr),
                         {.digest = hash}));
  }
  BOOST_TEST(take_errors() == "");
}

// What the agent does not pad is padded here, and the agent decides.
BOOST_FIXTURE_TEST_CASE(anything_else_is_padded_and_signed_where_the_agent_allows_it, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  Bytes nearly = digest_info("SHA256", "message");
  nearly[1] ^= std::byte{1};
  for (const Bytes& content : {Bytes(), Bytes(36, std::byte{7}), nearly, Bytes(245, std::byte{7})}) {
    const Bytes signature = sign_digest(program.context(), rsa.get(), content, nullptr);
    BOOST_TEST((signature == sign_digest(fakes::default_only(), Material::get().rsa.get(), content, nullptr)));
  }
  BOOST_TEST(take_errors() == "");
  server.forbid_legacy("rsa");
  BOOST_CHECK(sign_digest(program.context(), rsa.get(), nearly, nullptr).empty());
  BOOST_TEST(take_errors().find("operation not supported by the key::-1:key rsa: for legacy peers only") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(md5_sha1_of_old_tls_is_signed_where_the_agent_allows_it, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  const SignOptions old_tls{.digest = "MD5-SHA1"};
  const Bytes signature = sign(program.context(), rsa.get(), "message", old_tls);
  BOOST_CHECK_MESSAGE(verifies(Material::get().rsa.get(), "message", signature, old_tls), take_errors());
  server.forbid_legacy("rsa");
  BOOST_CHECK(sign(program.context(), rsa.get(), "message", old_tls).empty());
  BOOST_TEST(take_errors().find("for legacy peers only") != std::string::npos);
  BOOST_CHECK(sign(program.context(), program.load_key("edgeseal:ec").get(), "message", old_tls).empty());
  BOOST_TEST(take_errors().find("digest not supported") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(without_padding_a_block_of_the_size_of_the_modulus_is_signed, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  const auto sign_raw = [&](OSSL_LIB_CTX* library, EVP_PKEY* key, const Bytes& block) {
    const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(library, key, nullptr), EVP_PKEY_CTX_free);
    Bytes signature(256);
    std::size_t size = signature.size();
    BOOST_REQUIRE(EVP_PKEY_sign_init(context.get()) == 1);
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1);
    const bool good = EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                    reinterpret_cast<const unsigned char*>(block.data()), block.size()) == 1;
    return good ? signature : Bytes();
  };
  Bytes block(256, std::byte{0x42});
  block[0] = std::byte{0};
  BOOST_TEST((sign_raw(program.context(), rsa.get(), block) ==
              sign_raw(fakes::default_only(), Material::get().rsa.get(), block)));
  BOOST_TEST(take_errors() == "");
  for (const std::size_t size : {std::size_t{0}, std::size_t{255}, std::size_t{257}}) {
    BOOST_CHECK(sign_raw(program.context(), rsa.get(), Bytes(size)).empty());
    BOOST_TEST(take_errors().find("wrong size of the digest") != std::string::npos);
  }
  server.forbid_legacy("rsa");
  BOOST_CHECK(sign_raw(program.context(), rsa.get(), block).empty());
  BOOST_TEST(take_errors().find("for legacy peers only") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_was_chosen_stays_where_another_choice_is_refused, Fixture) {
  const PkeyPtr rsa = program.load_key("edgeseal:rsa");
  const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  BOOST_REQUIRE(
      EVP_DigestSignInit_ex(operation.get(), &context, "SHA256", program.context(), nullptr, rsa.get(), nullptr) == 1);
  BOOST_TEST(EVP_PKEY_CTX_set_rsa_padding(context, RSA_X931_PADDING) != 1);
  BOOST_TEST(take_errors().find("padding not supported") != std::string::npos);
  BOOST_TEST(EVP_PKEY_CTX_ctrl_str(context, "rsa_padding_mode", "x931") != 1);
  BOOST_TEST(take_errors().find("padding not supported") != std::string::npos);
  BOOST_TEST(EVP_PKEY_CTX_set_signature_md(context, EVP_sha384()) != 1);
  BOOST_TEST(take_errors().find("cannot change once hashing has begun") != std::string::npos);
  Bytes signature(256);
  std::size_t size = signature.size();
  BOOST_REQUIRE(EVP_DigestSign(operation.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                               reinterpret_cast<const unsigned char*>("message"), 7) == 1);
  BOOST_CHECK(verifies(Material::get().rsa.get(), "message", signature));
}

BOOST_FIXTURE_TEST_CASE(a_restricted_key_signs_what_it_allows_only, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:pss-sha256");
  const auto fails_with = [&](const SignOptions& options, const char* reason) {
    const bool failed = sign(program.context(), key.get(), "message", options).empty();
    return failed && take_errors().find(reason) != std::string::npos;
  };
  BOOST_CHECK(fails_with({.digest = "SHA384"}, "the key allows SHA256, with SHA256 for MGF1, only"));
  BOOST_CHECK(fails_with({"SHA256", RSA_PKCS1_PSS_PADDING, 31}, "the key demands 32 bytes or more"));
  BOOST_CHECK(fails_with({"SHA256", RSA_PKCS1_PADDING, 0}, "the key is for PSS only"));
  BOOST_CHECK(fails_with({"SHA256", RSA_NO_PADDING, 0}, "the key is for PSS only"));
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

// Parameters of OpenSSL 3.2 and later, which a program may set whatever libcrypto it runs with.
BOOST_FIXTURE_TEST_CASE(what_only_newer_programs_ask_for_is_refused_and_the_default_accepted, Fixture) {
  const auto accepts = [&](const char* name, const OSSL_PARAM& parameter) {
    const PkeyPtr key = program.load_key(std::string("edgeseal:") + name);
    const OSSL_PARAM parameters[] = {parameter, OSSL_PARAM_construct_end()};
    const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestSignInit_ex(operation.get(), nullptr, std::string(name) == "ec" ? "SHA256" : nullptr,
                                 program.context(), nullptr, key.get(), parameters) == 1;
  };
  const auto text = [](const char* name, const char* value) {
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
  };
  unsigned random = 0;
  unsigned deterministic = 1;
  char context[] = "context";
  BOOST_TEST(accepts("ec", OSSL_PARAM_construct_uint("nonce-type", &random)));
  BOOST_TEST(!accepts("ec", OSSL_PARAM_construct_uint("nonce-type", &deterministic)));
  BOOST_TEST(take_errors().find("deterministic ECDSA") != std::string::npos);
  BOOST_TEST(accepts("ed25519", text("instance", "Ed25519")));
  BOOST_TEST(accepts("ed25519", OSSL_PARAM_construct_octet_string("context-string", context, 0)));
  BOOST_TEST(!accepts("ed25519", text("instance", "Ed25519ph")));
  BOOST_TEST(!accepts("ed25519", OSSL_PARAM_construct_octet_string("context-string", context, 7)));
  BOOST_TEST(take_errors().find("neither Ed25519ctx nor Ed25519ph") != std::string::npos);
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
