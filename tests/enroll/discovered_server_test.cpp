// Servers that are found instead of named: which of them a job believes, and what it tells them.
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "enroll/discovery/search.h"
#include "enroll/url.h"
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using discovery::Service;

// What the network announces, in its order.
struct DiscoveryFixture : EnrolmentFixture {
  std::vector<Service> announced;

  DiscoveryFixture() {
    surroundings.browse = [this](const discovery::Query&, const std::stop_token&) { return announced; };
  }

  // By a name that only the announcement knows the address of.
  void announce(const std::string& endpoint, const std::string& fault = "", const std::string& host = "plant.local") {
    const Url url = parse_url(server.url(endpoint, fault));
    announced.push_back({endpoint, host, static_cast<std::uint16_t>(std::stoi(url.port)), {"127.0.0.1"}, url.path, {}});
  }

  static Job unnamed(Job job) {
    job.url.clear();
    job.query = discovery::Query{"_est._tcp", "local", ""};
    return job;
  }
  [[nodiscard]] Job by_person() const {
    Job job = unnamed(password_job("open sesame"));
    job.trust.anchors.clear();
    job.trust.first = FirstTrust::person;
    return job;
  }
  [[nodiscard]] Job by_fingerprint() const { return unnamed(first_contact(FirstTrust::fingerprint)); }

  Result run(const Job& job) {
    return discovery::run_at_servers(job, agent, surroundings, {}, [this](const Job& found, JobPort& port) {
      return est::run(found, port, surroundings, {});
    });
  }
  Error failure_of(const Job& job) {
    try {
      static_cast<void>(run(job));
    } catch (const Error& error) {
      return error;
    }
    BOOST_FAIL("succeeded");
    throw std::logic_error("not reached");
  }
  void fails(const Job& job, ErrorClass expected, const std::string& words) {
    const Error error = failure_of(job);
    BOOST_TEST_CONTEXT(error.what()) {
      BOOST_TEST((error.error_class() == expected));
      BOOST_TEST(std::string(error.what()).find(words) != std::string::npos);
    }
  }

  void nothing_came_to(const std::vector<std::string>& endpoints) {
    const nlohmann::json seen = server.seen();
    for (const std::string& endpoint : endpoints) BOOST_TEST_CONTEXT(endpoint) {
        BOOST_TEST(seen.at(endpoint).at("requests").empty());
        BOOST_TEST(seen.at(endpoint).at("bytes").get<int>() == 0);
      }
  }
};

// Answers the first message of TLS, of one connection, with an alert, and doesn't say who it is.
class AlertingStranger {
 public:
  AlertingStranger() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    BOOST_REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 1) == 0);
    BOOST_REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { alert(); });
  }
  AlertingStranger(const AlertingStranger&) = delete;
  AlertingStranger& operator=(const AlertingStranger&) = delete;
  ~AlertingStranger() {
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void alert() const {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 2048> hello;
    const std::array<unsigned char, 7> bad_certificate{21, 3, 3, 0, 2, 2, SSL_AD_BAD_CERTIFICATE};
    if (::recv(connection, hello.data(), hello.size(), 0) > 0)
      static_cast<void>(::send(connection, bad_certificate.data(), bad_certificate.size(), MSG_NOSIGNAL));
    ::close(connection);
  }

  const int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(discovered_servers, DiscoveryFixture)

BOOST_AUTO_TEST_CASE(A6_the_host_that_was_found_has_to_be_in_the_certificate) {
  announce("wrong-host");
  fails(unnamed(job()), ErrorClass::server_untrusted, "hostname mismatch");
  announced.clear();
  announce("good", "", "other.local");
  fails(unnamed(job()), ErrorClass::server_untrusted, "hostname mismatch");
  nothing_came_to({"wrong-host", "good"});
}

BOOST_AUTO_TEST_CASE(A6_a_server_that_is_not_trusted_keeps_no_good_one_from_being_tried) {
  const std::vector<std::string> bad{"other-ca", "self-signed", "expired", "wrong-host", "for-clients"};
  for (const std::string& endpoint : bad) announce(endpoint);
  announce("good");
  announced.front().path = "/no/est";
  const Result result = run(unnamed(job()));
  BOOST_TEST(!result.certificate.empty());
  nothing_came_to(bad);
}

BOOST_AUTO_TEST_CASE(A9_a_secret_goes_to_a_registration_authority_alone) {
  server.allow("gateway", "open sesame", 1);
  announce("good");
  fails(unnamed(password_job("open sesame")), ErrorClass::server_untrusted, "id-kp-cmcRA");
  nothing_came_to({"good"});
  announce("authority");
  BOOST_TEST(!run(unnamed(password_job("open sesame"))).certificate.empty());
  nothing_came_to({"good"});
}

BOOST_AUTO_TEST_CASE(a_secret_that_was_refused_is_tried_at_no_other_server) {
  announce("authority");
  announce("authority", "wait=60");
  fails(unnamed(password_job("wrong")), ErrorClass::credentials, "refuses");
  for (const auto& request : requests("", "authority"))
    BOOST_TEST(text(request, "path").find("wait") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(A7_a_person_sees_each_server_that_was_found_and_nothing_is_told_before) {
  announce("other-ca");
  announce("good");
  announce("good", "", "localhost");
  fails(by_person(), ErrorClass::waiting, "choose");
  BOOST_REQUIRE(agent.proposals.size() == 2U);
  BOOST_TEST(agent.proposals[0].host == "plant.local");
  BOOST_TEST(agent.proposals[1].host == "localhost");
  BOOST_TEST((agent.proposals[0].fingerprint == sha256(server.content("root.der"))));
  const auto seen = requests();
  BOOST_TEST(seen.size() == 2U);
  for (const auto& request : seen) {
    BOOST_TEST(text(request, "path").ends_with("/cacerts"));
    BOOST_TEST(!request.at("headers").contains("authorization"));
    BOOST_TEST(text(request, "client").empty());
  }
}

BOOST_AUTO_TEST_CASE(A7_what_a_stranger_refuses_or_leaves_undecided_keeps_no_good_server_from_being_found) {
  for (const char* how : {"missing", "undecided", "busy"}) announce("other-ca", std::string("refuse=cacerts/") + how);
  for (const Job& first : {by_person(), by_fingerprint()}) {
    const Error error = failure_of(first);
    BOOST_TEST_CONTEXT(error.what()) {
      BOOST_TEST((error.error_class() == ErrorClass::transport));
      BOOST_TEST(error.retry_after().count() == 0);
      for (const char* said : {"answers 404: no such page", "has yet to decide", "answers 503: later"})
        BOOST_TEST(std::string(error.what()).find(said) != std::string::npos);
    }
  }
  announce("good");
  fails(by_person(), ErrorClass::waiting, "choose");
  BOOST_TEST(agent.proposals.size() == 1U);
  BOOST_TEST(!run(by_fingerprint()).certificate.empty());
}

BOOST_AUTO_TEST_CASE(A9_no_secret_is_told_to_a_server_that_is_known_by_first_contact_alone) {
  announce("authority", "challenge=cacerts/Basic realm=\"plant\"");
  fails(by_person(), ErrorClass::auth_refused, "before anybody has verified it");
  for (const auto& request : requests("", "authority")) BOOST_TEST(!request.at("headers").contains("authorization"));
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_goes_on_at_the_server_that_said_so) {
  announce("good", "wait=60");
  Job again = unnamed(job());
  fails(again, ErrorClass::waiting, "yet to decide");
  announced.clear();
  announce("authority");
  announce("good", "wait=60");
  again.continuation = agent.kept;
  static_cast<void>(server.seen());
  BOOST_TEST(!run(again).certificate.empty());
  nothing_came_to({"authority"});

  announced.pop_back();  // that one has gone
  BOOST_TEST(!run(again).certificate.empty());
}

BOOST_AUTO_TEST_CASE(an_alert_of_a_stranger_says_nothing_of_our_credentials) {
  const AlertingStranger stranger;
  announced.push_back({"stranger", "plant.local", stranger.port(), {"127.0.0.1"}, "", {}});
  fails(unnamed(job()), ErrorClass::transport, "alert bad certificate");
}

BOOST_AUTO_TEST_CASE(a_label_of_the_profile_is_used_instead_of_what_is_announced) {
  announce("good", "issue=ca");
  Job labelled = unnamed(job());
  labelled.path = "/.well-known/est";
  BOOST_TEST(!run(labelled).certificate.empty());
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_tried_again_whatever_strangers_announce) {
  announce("other-ca");
  announce("authority", "refuse=simpleenroll/busy");
  announce("good", "refuse=simpleenroll/busy");
  fails(unnamed(job()), ErrorClass::transport, "none of the 3 servers");
}

BOOST_AUTO_TEST_CASE(nothing_that_is_found_is_told_with_its_remedy) {
  fails(unnamed(job()), ErrorClass::transport, "nobody announces _est._tcp in local; remedy:");
  Job bad = unnamed(job());
  bad.query->type = "est";
  fails(bad, ErrorClass::policy, "_NAME._tcp");
  surroundings.browse = nullptr;
  fails(unnamed(job()), ErrorClass::policy, "give url");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
