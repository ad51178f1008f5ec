#include "tests/enroll/cmp/fixture.h"

#include <boost/test/unit_test.hpp>

namespace edgeseal::test {

using namespace enroll;

HttpOptions CmpFixture::http_options() const {
  HttpOptions options;
  options.schemes = Schemes::http_and_https;
  options.trust.anchors = {server.root.certificate};
  return options;
}

cmp::Settings CmpFixture::with_secret(const std::string& secret) const {
  const ByteView bytes = bytes_of(secret);
  cmp::Settings settings;
  settings.server.url = server.url();
  settings.server.trust.anchors = {server.root.certificate};
  settings.credential = cmp::SharedSecret{server_reference, SecretBytes(bytes.begin(), bytes.end())};
  return settings;
}

cmp::Settings CmpFixture::with_certificate() {
  server.sign_as(server.root);
  cmp::Settings settings = with_secret();
  settings.credential = ClientIdentity{device.key, device.certificate, {}};
  return settings;
}

cmp::Enrolment CmpFixture::first_certificate() const {
  return {cmp::RequestKind::initialization, signing_request("gateway", key), key, {}};
}

cmp::Enrolment CmpFixture::next_certificate() const {
  return {cmp::RequestKind::key_update, {}, key, device.certificate};
}

cmp::Client CmpFixture::client(const cmp::Settings& settings) {
  return {settings, http_, timer};
}

cmp::Outcome CmpFixture::enrol(const cmp::Settings& settings, const cmp::Enrolment& enrolment) {
  const RequestedCertificate requested = requested_certificate(signing_request("gateway", key));
  return client(settings).enrol(enrolment, [&](const cmp::Offer& offer) {
    return accept_issued(offer.received, requested, {{server.root.certificate}, {}}, {}, settings.clock);
  });
}

std::string CmpFixture::refusal(const cmp::Settings& settings, const cmp::Enrolment& enrolment) {
  const int confirmed = server.seen().confirmed;
  message.clear();
  std::string name = "nothing";
  try {
    (void)enrol(settings, enrolment);
  } catch (const Error& error) {
    name = name_of(error.error_class());
    message = error.what();
  }
  BOOST_TEST(server.seen().confirmed == confirmed);
  return name;
}

void CmpFixture::alter_first(const std::function<std::string(const std::string&)>& change) {
  server.alter = [change, altered = false](HttpReply& reply, int) mutable {
    if (!std::exchange(altered, true)) reply.body = change(reply.body);
  };
}

}  // namespace edgeseal::test
