// Against the server of the openssl program and its fault switches.

#include <boost/test/unit_test.hpp>

#include "tests/enroll/cmp/fixture.h"
#include "tests/enroll/cmp/openssl_server.h"

namespace {

using namespace edgeseal::test;
using namespace edgeseal::enroll;
using cmp::RequestKind;

struct Peers : CmpFixture {
  Certificate issued = server.root.issue({"gateway", device_extensions + server.names_extension}, key);
  std::vector<std::string> options;

  [[nodiscard]] cmp::Settings at(const OpensslServer& peer, cmp::Settings settings) const {
    settings.server.url = peer.url();
    return settings;
  }
  [[nodiscard]] std::string refusal_with(const std::vector<std::string>& faults) {
    const OpensslServer peer(server.root, issued, faults);
    return refusal(at(peer, with_secret()), first_certificate());
  }
};

BOOST_FIXTURE_TEST_SUITE(openssl_server, Peers)

BOOST_AUTO_TEST_CASE(issues_by_every_kind_of_request_and_either_protection) {
  const cmp::Settings by_secret = with_secret();
  const cmp::Settings by_certificate = with_certificate();
  for (const RequestKind kind : {RequestKind::initialization, RequestKind::pkcs10})
    for (const cmp::Settings& settings : {by_secret, by_certificate}) {
      const OpensslServer peer(server.root, issued);
      cmp::Enrolment enrolment = first_certificate();
      enrolment.kind = kind;
      BOOST_TEST(same_certificate(enrol(at(peer, settings), enrolment).issued.certificate, issued));
    }
}

// It wants the certificate that it has to issue to be the one that is updated.
BOOST_AUTO_TEST_CASE(updates_a_certificate) {
  key = device.key;
  const OpensslServer peer(server.root, device.certificate);
  const cmp::Outcome outcome = enrol(at(peer, with_certificate()), next_certificate());
  BOOST_TEST(same_certificate(outcome.issued.certificate, device.certificate));
}

BOOST_AUTO_TEST_CASE(EN18_with_another_secret_proves_nothing) {
  BOOST_TEST(refusal_with({"-srv_secret", "pass:another secret"}) == "protection");
}

BOOST_AUTO_TEST_CASE(EN19_that_sends_without_protection_is_refused) {
  BOOST_TEST(refusal_with({"-send_unprotected"}) == "protection");
  BOOST_TEST(refusal_with({"-send_error", "-send_unprot_err"}) == "protection");
}

BOOST_AUTO_TEST_CASE(EN20_that_sends_a_certificate_for_another_key_is_refused) {
  issued = server.root.issue({"gateway", device_extensions + server.names_extension}, ec_key());
  BOOST_TEST(refusal_with({}) == "key-mismatch");
}

BOOST_AUTO_TEST_CASE(EN22_that_lets_wait_is_asked_again) {
  const OpensslServer peer(server.root, issued, {"-poll_count", "3", "-check_after", "0"});
  (void)enrol(at(peer, with_secret()), first_certificate());
  BOOST_TEST(timer.waits.size() >= 2U);
}

BOOST_AUTO_TEST_CASE(EN22_that_lets_wait_for_ever_is_given_up) {
  const OpensslServer peer(server.root, issued, {"-poll_count", "1000000", "-check_after", "600"});
  cmp::Settings settings = at(peer, with_secret());
  settings.patience = std::chrono::hours(1);
  BOOST_TEST(refusal(settings, first_certificate()) == "waiting");
}

BOOST_AUTO_TEST_CASE(EN23_that_grants_with_modifications_is_understood) {
  const OpensslServer peer(server.root, issued, {"-pkistatus", "1", "-statusstring", "shorter"});
  BOOST_TEST(enrol(at(peer, with_secret()), first_certificate()).modified.has_value());
}

BOOST_AUTO_TEST_CASE(EN25_that_rejects_is_quoted) {
  BOOST_TEST(refusal_with({"-pkistatus", "2", "-failure", "2", "-statusstring", "no such device"}) == "rejected");
  BOOST_TEST(message.find("no such device") != std::string::npos);
  BOOST_TEST(message.find("badRequest") != std::string::npos);
  BOOST_TEST(refusal_with({"-send_error"}) == "rejected");
}

BOOST_AUTO_TEST_CASE(EN26_that_echoes_the_question_knows_no_certificates) {
  const OpensslServer peer(server.root, issued);
  cmp::Client asking = client(at(peer, with_secret()));
  BOOST_TEST(asking.ca_certificates().empty());
  BOOST_TEST(!asking.next_root(server.root.certificate));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
