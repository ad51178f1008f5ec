#pragma once

#include <string>
#include <vector>

#include "enroll/cmp/client.h"
#include "enroll/error.h"
#include "tests/enroll/cmp/cmp_server.h"
#include "tests/enroll/cmp/fake_timer.h"

namespace edgeseal::test {

// A device, a server, and what they know of each other.
struct CmpFixture {
  CmpServer server;
  FakeTimer timer;
  Identity device = Identity::of({"gateway", device_extensions + server.names_extension}, server.root);
  Key key = ec_key();
  std::string message;  // of the last refusal

  CmpFixture() { server.certified = key; }

  [[nodiscard]] enroll::cmp::Settings with_secret(const std::string& secret = server_secret) const;
  // The server signs its answers from here on.
  [[nodiscard]] enroll::cmp::Settings with_certificate();
  [[nodiscard]] enroll::cmp::Enrolment first_certificate() const;
  [[nodiscard]] enroll::cmp::Enrolment next_certificate() const;

  [[nodiscard]] enroll::cmp::Client client(const enroll::cmp::Settings& settings);
  [[nodiscard]] enroll::cmp::Outcome enrol(const enroll::cmp::Settings& settings,
                                           const enroll::cmp::Enrolment& enrolment);
  // The name of the error that ends it; afterwards no certificate is confirmed that was not before.
  [[nodiscard]] std::string refusal(const enroll::cmp::Settings& settings, const enroll::cmp::Enrolment& enrolment);
  [[nodiscard]] std::string refusal() { return refusal(with_secret(), first_certificate()); }

  // Changes the answer to the first request, and no other.
  void alter_first(const std::function<std::string(const std::string&)>& change);

 private:
  enroll::HttpClient http_{http_options()};
  [[nodiscard]] enroll::HttpOptions http_options() const;
};

}  // namespace edgeseal::test
