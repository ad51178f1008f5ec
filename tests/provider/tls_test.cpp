#include <boost/test/data/test_case.hpp>

#include "tests/provider/fixture.h"
#include "tests/provider/handshake.h"

namespace edgeseal::tests {
namespace {

using ContextPtr = std::shared_ptr<SSL_CTX>;
using SslPtr = std::shared_ptr<SSL>;

struct Case {
  const char* key;
  int version;
};

std::ostream& operator<<(std::ostream& out, const Case& shown) {
  return out << shown.key << (shown.version == TLS1_3_VERSION ? " TLS 1.3" : " TLS 1.2");
}

const std::vector<Case> cases{
    {"ec", TLS1_2_VERSION},         {"ec", TLS1_3_VERSION},         {"rsa", TLS1_2_VERSION},  {"rsa", TLS1_3_VERSION},
    {"ed25519", TLS1_2_VERSION},    {"ed25519", TLS1_3_VERSION},    {"pss", TLS1_2_VERSION},  {"pss", TLS1_3_VERSION},
    {"pss-sha256", TLS1_2_VERSION}, {"pss-sha256", TLS1_3_VERSION}, {"p384", TLS1_2_VERSION}, {"p384", TLS1_3_VERSION}};

ContextPtr make_context(OSSL_LIB_CTX* library, const SSL_METHOD* method, int version) {
  ContextPtr context(SSL_CTX_new_ex(library, nullptr, method), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  return context;
}

struct TlsFixture : Fixture {
  ContextPtr server_context(const Case& chosen) {
    ContextPtr context = make_context(program.context(), TLS_server_method(), chosen.version);
    const PkeyPtr key = program.load_key(std::string("edgeseal:") + chosen.key);
    BOOST_REQUIRE(key);
    BOOST_REQUIRE(SSL_CTX_use_certificate(context.get(), Material::get().certificate(chosen.key).get()) == 1);
    BOOST_REQUIRE_MESSAGE(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, take_errors());
    BOOST_REQUIRE(SSL_CTX_check_private_key(context.get()) == 1);
    BOOST_TEST(take_errors() == "");
    return context;
  }

  ContextPtr client_context(int version) {
    ContextPtr context = make_context(fakes::default_only(), TLS_client_method(), version);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), Material::get().ca.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_DATA_TEST_CASE_F(TlsFixture, a_handshake_costs_the_server_one_request, boost::unit_test::data::make(cases),
                       chosen) {
  const ContextPtr server_side = server_context(chosen);
  const ContextPtr client_side = client_context(chosen.version);
  const SslPtr client(SSL_new(client_side.get()), SSL_free);
  const SslPtr server_end(SSL_new(server_side.get()), SSL_free);
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
  BOOST_CHECK_MESSAGE(shake_hands(client.get(), server_end.get()), take_errors());
  BOOST_TEST(SSL_version(client.get()) == chosen.version);
  BOOST_TEST(SSL_get_verify_result(client.get()) == X509_V_OK);
  BOOST_TEST(take_errors() == "");
  BOOST_TEST(server.requests(wire::Operation::sign) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_key_for_pss_proves_itself_with_the_algorithms_that_are_its_own, TlsFixture) {
  for (const Case& chosen : {Case{"pss", TLS1_3_VERSION}, Case{"pss-sha256", TLS1_2_VERSION}}) {
    const ContextPtr server_side = server_context(chosen);
    const ContextPtr client_side = client_context(chosen.version);
    const SslPtr client(SSL_new(client_side.get()), SSL_free);
    const SslPtr server_end(SSL_new(server_side.get()), SSL_free);
    int type = NID_undef;
    BOOST_REQUIRE_MESSAGE(shake_hands(client.get(), server_end.get()), take_errors());
    BOOST_TEST(SSL_get_peer_signature_type_nid(client.get(), &type) == 1);
    BOOST_TEST(type == NID_rsassaPss);
  }
}

BOOST_DATA_TEST_CASE_F(TlsFixture, a_client_proves_itself_with_its_key, boost::unit_test::data::make(cases), chosen) {
  const ContextPtr client_side = make_context(program.context(), TLS_client_method(), chosen.version);
  BOOST_REQUIRE(SSL_CTX_use_certificate(client_side.get(), Material::get().certificate(chosen.key).get()) == 1);
  BOOST_REQUIRE(
      SSL_CTX_use_PrivateKey(client_side.get(), program.load_key(std::string("edgeseal:") + chosen.key).get()) == 1);
  const ContextPtr server_side = make_context(fakes::default_only(), TLS_server_method(), chosen.version);
  BOOST_REQUIRE(SSL_CTX_use_certificate(server_side.get(), Material::get().ca.get()) == 1);
  BOOST_REQUIRE(SSL_CTX_use_PrivateKey(server_side.get(), Material::get().ca_key.get()) == 1);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(server_side.get()), Material::get().ca.get());
  SSL_CTX_set_verify(server_side.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const SslPtr client(SSL_new(client_side.get()), SSL_free);
  const SslPtr server_end(SSL_new(server_side.get()), SSL_free);
  BOOST_CHECK_MESSAGE(shake_hands(client.get(), server_end.get()), take_errors());
  BOOST_TEST(SSL_get_verify_result(server_end.get()) == X509_V_OK);
  BOOST_TEST(server.requests(wire::Operation::sign) == 1U);
}

BOOST_DATA_TEST_CASE_F(TlsFixture, a_handshake_fails_cleanly_without_the_agent, boost::unit_test::data::make(cases),
                       chosen) {
  const ContextPtr server_side = server_context(chosen);
  const ContextPtr client_side = client_context(chosen.version);
  server.stop();
  const SslPtr client(SSL_new(client_side.get()), SSL_free);
  const SslPtr server_end(SSL_new(server_side.get()), SSL_free);
  BOOST_TEST(!shake_hands(client.get(), server_end.get()));
  BOOST_TEST(take_errors().find("agent not reachable") != std::string::npos);
}

// Without forward secrecy, as old clients want it.
BOOST_FIXTURE_TEST_CASE(a_key_exchange_by_rsa_costs_one_decryption, TlsFixture) {
  const ContextPtr server_side = server_context({"rsa", TLS1_2_VERSION});
  const ContextPtr client_side = client_context(TLS1_2_VERSION);
  BOOST_REQUIRE(SSL_CTX_set_cipher_list(client_side.get(), "AES128-GCM-SHA256") == 1);
  const SslPtr client(SSL_new(client_side.get()), SSL_free);
  const SslPtr server_end(SSL_new(server_side.get()), SSL_free);
  BOOST_CHECK_MESSAGE(shake_hands(client.get(), server_end.get()), take_errors());
  BOOST_TEST(SSL_get_verify_result(client.get()) == X509_V_OK);
  BOOST_TEST(take_errors() == "");
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 1U);
  BOOST_TEST(server.requests(wire::Operation::sign) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
