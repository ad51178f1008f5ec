// What the client asks for, and where.

#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>

#include "enroll/cmp/answer_limits.h"
#include "enroll/der_reader.h"
#include "tests/enroll/cmp/fixture.h"
#include "tests/enroll/cmp/forgery.h"

namespace {

using namespace edgeseal::test;
using namespace edgeseal::enroll;
using cmp::RequestKind;

BOOST_AUTO_TEST_SUITE(cmp_endpoint)

BOOST_AUTO_TEST_CASE(the_well_known_path_is_taken_where_the_url_has_none) {
  using cmp::endpoint_url;
  BOOST_TEST(endpoint_url("https://ca.example:8443", "", RequestKind::initialization) ==
             "https://ca.example:8443/.well-known/cmp/initialization");
  BOOST_TEST(endpoint_url("https://ca.example/", "plant-7", RequestKind::key_update)
                 .ends_with("/.well-known/cmp/p/plant-7/keyupdate"));
  BOOST_TEST(endpoint_url("https://ca.example/.well-known/cmp/p/x", "", RequestKind::pkcs10)
                 .ends_with("/.well-known/cmp/p/x/pkcs10"));
  BOOST_TEST(
      endpoint_url("http://ca.example/ejbca/cmp/device", "", RequestKind::key_update).ends_with("/ejbca/cmp/device"));
  BOOST_TEST(endpoint_url("https://ca.example", "", RequestKind::ca_certificates).ends_with("/getcacerts"));
  BOOST_TEST(endpoint_url("https://ca.example", "", RequestKind::root_update).ends_with("/getrootupdate"));
}

BOOST_AUTO_TEST_CASE(what_is_no_place_of_a_server_is_refused) {
  const auto refused = [](const char* url, const char* profile) {
    BOOST_TEST_CONTEXT(url << " " << profile)
    BOOST_CHECK_THROW((void)cmp::endpoint_url(url, profile, RequestKind::initialization), Error);
  };
  refused("ldap://ca.example", "");
  refused("https://ca.example/?a=b", "");
  refused("https://user@ca.example", "");
  refused("https://ca.example", "a/b");
  refused("https://ca.example", "..");
  refused("https://ca.example/pkix", "plant-7");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(cmp_client, CmpFixture)

BOOST_AUTO_TEST_CASE(every_kind_of_request_goes_to_its_place_and_is_confirmed) {
  const cmp::Settings settings = with_certificate();
  for (const RequestKind kind : {RequestKind::initialization, RequestKind::pkcs10}) {
    cmp::Enrolment enrolment = first_certificate();
    enrolment.kind = kind;
    (void)enrol(settings, enrolment);
  }
  (void)enrol(settings, next_certificate());
  const auto seen = server.seen();
  BOOST_TEST(seen.confirmed == 3);
  for (std::size_t request = 0; request < 6; ++request) {
    const char* places[] = {"initialization", "pkcs10", "keyupdate"};
    BOOST_TEST(seen.paths.at(request) == std::string("/.well-known/cmp/") + places[request / 2]);
  }
}

BOOST_AUTO_TEST_CASE(a_request_of_another_key_is_not_sent) {
  cmp::Enrolment enrolment = first_certificate();
  enrolment.new_key = ec_key();
  BOOST_TEST(refusal(with_secret(), enrolment) == "policy");
  enrolment.request = {};
  BOOST_TEST(refusal(with_secret(), enrolment) == "policy");
  BOOST_TEST(server.seen().paths.empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_protects_no_message_is_told) {
  const Key edwards(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  cmp::Settings settings = with_certificate();
  settings.credential = ClientIdentity{edwards, server.root.issue({"gateway", device_extensions}, edwards), {}};
  BOOST_TEST(refusal(settings, first_certificate()) == "policy");
  BOOST_TEST(message.find("RSA") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_new_key_may_be_of_another_kind) {
  key = Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  server.certified = key;
  (void)enrol(with_certificate(), first_certificate());
  BOOST_TEST(server.seen().confirmed == 1);
}

BOOST_AUTO_TEST_CASE(signed_answers_want_an_anchor) {
  cmp::Settings settings = with_certificate();
  settings.server.trust.anchors.clear();
  BOOST_TEST(refusal(settings, first_certificate()) == "policy");
}

// What comes of an answer that this one of the plant signed.
std::string signed_by(const char* extensions, const std::function<void(cmp::Settings&, const Identity&)>& change) {
  CmpFixture peers;
  const Identity signer = Identity::of({"front end", extensions}, peers.server.root);
  cmp::Settings settings = peers.with_certificate();
  peers.server.sign_as(signer);
  change(settings, signer);
  try {
    (void)peers.enrol(settings, peers.first_certificate());
    return "taken";
  } catch (const Error& error) {
    return std::string(name_of(error.error_class()));
  }
}

BOOST_AUTO_TEST_CASE(a_registration_authority_signs_and_an_anchor_itself) {
  const auto as_it_is = [](cmp::Settings&, const Identity&) {};
  const auto as_an_anchor = [](cmp::Settings& settings, const Identity& signer) {
    settings.server.trust.anchors.push_back(signer.certificate);
  };
  BOOST_TEST(signed_by(ra_extensions, as_it_is) == "taken");
  BOOST_TEST(signed_by(device_extensions, as_it_is) == "protection");
  BOOST_TEST(signed_by(device_extensions, as_an_anchor) == "taken");
}

BOOST_AUTO_TEST_CASE(what_the_server_encrypted_is_refused) {
  for (const unsigned place : {0xA1U, 0xA0U}) {
    alter_first([place](const std::string& answer) {
      Forgery forged(answer);
      const Bytes secret = der(place, der(0x30, Bytes()));
      const Bytes certificate = der(0xA0, der(0x30, Bytes()));
      const Bytes pair =
          der(0x30, place == 0xA1U ? std::vector<Bytes>{secret} : std::vector<Bytes>{certificate, secret});
      const Bytes response = der(0x30, {der_integer(0), der(0x30, der_integer(0)), pair});
      forged.set_body(1, der(0x30, der(0x30, response)));
      return forged.with_mac(server_secret);
    });
    BOOST_TEST(refusal() == "policy");
  }
}

struct TlsContext {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  explicit TlsContext(const Identity& identity) {
    SSL_CTX_use_certificate(context, identity.certificate.get());
    SSL_CTX_use_PrivateKey(context, identity.key.get());
  }
  ~TlsContext() { SSL_CTX_free(context); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
};

struct SecuredServer {
  const Identity root = Identity::root("TLS CA");
  const TlsContext tls{Identity::of({"server", "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n"}, root)};
  CmpServer server{tls.context};

  // By a client that knows a secret, and whom TLS is to trust.
  cmp::Outcome enrol(cmp::Settings settings, const cmp::Enrolment& enrolment, cmp::Timer& timer) const {
    HttpOptions options;
    options.trust.anchors = {root.certificate};
    HttpClient http(options);
    settings.server.url = server.url();
    settings.server.trust.anchors.clear();
    const auto accept = [](const cmp::Offer& offer) { return IssuedCertificate{offer.received.at(0), {}}; };
    return cmp::Client(settings, http, timer).enrol(enrolment, accept);
  }
};

BOOST_AUTO_TEST_CASE(a_short_secret_is_good_enough_within_tls) {
  SecuredServer secured;
  secured.server.certified = key;
  secured.server.use_secret("1234");
  (void)secured.enrol(with_secret("1234"), first_certificate(), timer);
  BOOST_TEST(secured.server.seen().confirmed == 1);
}

BOOST_AUTO_TEST_CASE(whether_credentials_are_good_is_said_by_a_verified_server_alone) {
  SecuredServer secured;
  secured.server.certified = key;
  for (const int status : {401, 403}) {
    server.alter = secured.server.alter = [status](HttpReply& reply, int) {
      reply = {status, "text/plain", "go away"};
    };
    BOOST_TEST(refusal() == "transport");
    BOOST_CHECK_EXCEPTION((void)secured.enrol(with_secret(), first_certificate(), timer), Error,
                          [](const Error& error) { return error.error_class() == ErrorClass::credentials; });
  }
}

BOOST_AUTO_TEST_CASE(a_stopped_enrolment_takes_its_request_back) {
  server.polls = 1'000'000;
  std::stop_source stop;
  struct StoppingTimer final : cmp::Timer {
    explicit StoppingTimer(std::stop_source& source) : stop(source) {}
    std::chrono::steady_clock::time_point now() override { return {}; }
    void wait(std::chrono::seconds, const std::stop_token&) override { stop.request_stop(); }
    std::stop_source& stop;
  } stopping(stop);
  HttpOptions options;
  options.schemes = Schemes::http_and_https;
  options.trust.anchors = {server.root.certificate};
  HttpClient http(options);
  try {
    (void)cmp::Client(with_secret(), http, stopping).enrol(first_certificate(), {}, stop.get_token());
    BOOST_ERROR("not stopped");
  } catch (const Error& error) {
    BOOST_TEST(name_of(error.error_class()) == "cancelled");
  }
  BOOST_TEST(server.seen().aborted == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
