// What a staged file names by URL: what comes back, and what the server sees of the device for that.
#include "enroll/staged_download.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "enroll/other_host.h"
#include "enroll/url.h"
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using namespace std::chrono_literals;

// One download, which may be gone.
class FakeDownloads final : public AgentDownloads {
 public:
  std::optional<Job> wanted;
  std::optional<std::variant<Bytes, Error>> outcome;

  Job take_download(const std::string&) override {
    if (!wanted) throw RefusedByAgent("InvalidState");
    return *wanted;
  }
  void report_download(const std::string&, const std::variant<Bytes, Error>& reported) override { outcome = reported; }
};

struct DownloadFixture : EnrolmentFixture {
  FakeDownloads downloads;

  DownloadFixture() { surroundings.downloads_from = Addresses::any; }

  [[nodiscard]] std::string at(const std::string& path, const std::string& endpoint = "files") const {
    return server.url(endpoint) + path;
  }
  [[nodiscard]] Job told(const std::string& url) const {
    Job job;
    job.identifier = job.url = url;
    job.trust.anchors = {server.content("root.der")};
    return job;
  }
  void run(const Job& job) {
    downloads.wanted = job;
    run_download(downloads, job.url, surroundings, {});
    BOOST_REQUIRE(downloads.outcome);
  }
  Bytes fetched(const Job& job) {
    run(job);
    if (const Error* problem = std::get_if<Error>(&*downloads.outcome)) BOOST_FAIL(job.url << ": " << problem->what());
    return std::get<Bytes>(*downloads.outcome);
  }
  std::string failed(const Job& job, ErrorClass expected) {
    run(job);
    const Error* problem = std::get_if<Error>(&*downloads.outcome);
    if (problem == nullptr) BOOST_FAIL("fetched: " << job.url);
    BOOST_TEST((problem->error_class() == expected), job.url << ": " << problem->what());
    return problem->what();
  }
  // Bytes within TLS, or of HTTP.
  [[nodiscard]] long received(const std::string& endpoint) {
    return server.seen().at(endpoint).at("bytes").get<long>();
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool is_other(const char* text) {
  sockaddr_in address{};
  sockaddr_in6 wide{};
  address.sin_family = AF_INET;
  wide.sin6_family = AF_INET6;
  address.sin_port = wide.sin6_port = htons(443);
  if (::inet_pton(AF_INET, text, &address.sin_addr) == 1)
    return is_other_host(reinterpret_cast<const sockaddr&>(address), sizeof address);
  BOOST_REQUIRE(::inet_pton(AF_INET6, text, &wide.sin6_addr) == 1);
  return is_other_host(reinterpret_cast<const sockaddr&>(wide), sizeof wide);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(staged_download, DownloadFixture)

BOOST_AUTO_TEST_CASE(N6_a_file_comes_as_it_is_and_the_server_has_seen_nothing_of_the_device) {
  BOOST_TEST((fetched(told(at("/root.der"))) == server.content("root.der")));
  BOOST_TEST((fetched(told(at("/root.pem"))) == server.content("root.pem")));
  const nlohmann::json seen = server.seen();
  const auto& requests = seen.at("files").at("requests");
  BOOST_REQUIRE(requests.size() == 2U);
  for (const auto& request : requests) {
    BOOST_TEST(text(request, "method") == "GET");
    BOOST_TEST(text(request, "client").empty());
    BOOST_TEST(text(request, "body").empty());
    for (const char* name : {"authorization", "cookie", "referer"})
      BOOST_TEST(!request.at("headers").contains(name), name);
  }
}

BOOST_AUTO_TEST_CASE(N6_what_is_no_file_is_a_problem) {
  BOOST_TEST(contains(failed(told(at("/gone.pem")), ErrorClass::rejected), "answers 404"));
  failed(told(at("/empty")), ErrorClass::transport);
  BOOST_TEST(contains(failed(told(at("/large")), ErrorClass::transport), "too long"));
  BOOST_TEST(!fetched(told(at("/page"))).empty());  // the agent judges what it is
}

BOOST_AUTO_TEST_CASE(N6_a_slow_server_is_left) {
  surroundings.limits.total = 300ms;
  failed(told(at("/slow")), ErrorClass::transport);
}

BOOST_AUTO_TEST_CASE(N7_a_server_that_nobody_vouches_for_is_told_nothing) {
  Job another = told(at("/root.der"));
  another.trust.anchors = {server.content("other-root.der")};
  failed(another, ErrorClass::server_untrusted);
  failed(told(at("/root.der", "wrong-host")), ErrorClass::server_untrusted);
  Job nobody = told(at("/root.der"));
  nobody.trust.anchors.clear();
  failed(nobody, ErrorClass::policy);
  const nlohmann::json seen = server.seen();
  for (const char* endpoint : {"files", "wrong-host"}) BOOST_TEST(seen.at(endpoint).at("requests").empty(), endpoint);
}

BOOST_AUTO_TEST_CASE(N7_a_redirection_is_named_and_not_followed) {
  for (const std::string& target :
       {at("/root.der"), at("/root.der", "plain-files"), std::string("file:///etc/passwd")}) {
    const std::string problem = failed(told(at("/redirect?" + target)), ErrorClass::redirect);
    BOOST_TEST(contains(problem, target), problem);
  }
  const nlohmann::json seen = server.seen();
  BOOST_TEST(seen.at("files").at("requests").size() == 3U);
  BOOST_TEST(seen.at("plain-files").at("requests").empty());
}

BOOST_AUTO_TEST_CASE(N7_plain_http_needs_nobody_who_vouches) {
  Job plain = told(at("/root.der", "plain-files"));
  plain.trust.anchors.clear();
  BOOST_TEST((fetched(plain) == server.content("root.der")));
}

BOOST_AUTO_TEST_CASE(N7_a_name_that_leads_to_this_host_is_not_connected_to) {
  for (const char* endpoint : {"files", "plain-files"}) {
    Job job = told(at("/root.der", endpoint));
    BOOST_TEST(!fetched(job).empty());
    BOOST_TEST(received(endpoint) > 0);
    surroundings.downloads_from = Addresses::other_hosts;
    BOOST_TEST(contains(failed(job, ErrorClass::policy), "leads to this host"));
    Url named = parse_url(job.url);
    for (const char* address :
         {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "[fd00:ec2::254]", "0.0.0.0"}) {
      named.host = "certificates.example.com";
      job.url = named.text();
      job.resolution = named.host + ":" + named.port + ":" + address;
      BOOST_TEST(contains(failed(job, ErrorClass::policy), "certificates.example.com leads to this host"), address);
    }
    BOOST_TEST(received(endpoint) == 0);
    surroundings.downloads_from = Addresses::any;
  }
}

BOOST_AUTO_TEST_CASE(N7_it_is_known_which_addresses_are_of_other_hosts) {
  for (const char* other : {"192.0.2.1", "169.254.7.1", "2001:db8::1", "fe80::1", "::ffff:192.0.2.1"})
    BOOST_TEST(is_other(other), other);
  for (const char* none :
       {"127.0.0.1", "127.9.9.9", "0.0.0.0", "255.255.255.255", "224.0.0.1", "169.254.169.254", "::", "::1", "ff02::1",
        "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1"})
    BOOST_TEST(!is_other(none), none);
  ifaddrs* all = nullptr;
  BOOST_REQUIRE(::getifaddrs(&all) == 0);
  for (const ifaddrs* own = all; own != nullptr; own = own->ifa_next)
    if ((own->ifa_flags & IFF_UP) != 0 && own->ifa_addr != nullptr && own->ifa_addr->sa_family == AF_INET)
      BOOST_TEST(!is_other_host(*own->ifa_addr, sizeof(sockaddr_in)), own->ifa_name);
  ::freeifaddrs(all);
}

BOOST_AUTO_TEST_CASE(what_the_agent_does_not_want_any_more_is_left) {
  run_download(downloads, at("/root.der"), surroundings, {});
  BOOST_TEST(!downloads.outcome.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
