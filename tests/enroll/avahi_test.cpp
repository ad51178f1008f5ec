// Servers that a real avahi-daemon finds, on a network of our own.
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "enroll/discovery/avahi.h"
#include "enroll/discovery/search.h"
#include "enroll/url.h"
#include "tests/enroll/avahi_network.h"
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using discovery::Query;
using discovery::Service;

// One for all cases, whose servers are gone after each.
AvahiNetwork& network() {
  static AvahiNetwork instance;
  return instance;
}

// Before any process or thread of the tests is.
struct OwnNetwork {
  OwnNetwork() { static_cast<void>(network()); }
};
BOOST_TEST_GLOBAL_FIXTURE(OwnNetwork);

struct Announcements {
  Announcements() = default;
  Announcements(const Announcements&) = delete;
  Announcements& operator=(const Announcements&) = delete;
  ~Announcements() { network().withdraw(); }
};

std::vector<std::string> urls_of(const Query& query) {
  std::vector<std::string> urls;
  for (const Service& service : discovery::browse(query)) urls.push_back(discovery::url_of(service, "opc.tcp"));
  return urls;
}

struct Outcome {
  int status;
  std::string output;
};
Outcome run_program(const std::string& arguments) {
  FILE* pipe = ::popen((EDGESEAL_ENROLL " " + arguments + " 2>&1").c_str(), "re");
  BOOST_REQUIRE(pipe != nullptr);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  return {WEXITSTATUS(::pclose(pipe)), output};
}

struct EstOverAvahi : Announcements, EnrolmentFixture {
  void announce(const std::string& name, const std::string& endpoint) const {
    const Url url = parse_url(server.url(endpoint));
    network().announce(name, "_est._tcp", static_cast<std::uint16_t>(std::stoi(url.port)), {"path=/.well-known/est"});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(A2_servers_with_the_capability_gds_are_found_and_others_are_not, Announcements) {
  network().announce("GDS of the plant", "_opcua-tcp._tcp", 4840, {"path=/gds", "caps=LDS,GDS"});
  network().announce("GDS without a path", "_opcua-tcp._tcp", 4841, {"caps=GDS"});
  network().announce("A machine", "_opcua-tcp._tcp", 4842, {"path=/m", "caps=DA,HD"});
  network().announce("Almost", "_opcua-tcp._tcp", 4843, {"caps=GDSX"});
  network().announce("Nothing said", "_opcua-tcp._tcp", 4844);
  network().announce("Something else", "_est._tcp", 4845, {"caps=GDS"});
  const std::vector<std::string> urls = urls_of({"_opcua-tcp._tcp", "local", "GDS"});
  BOOST_TEST(urls == (std::vector<std::string>{"opc.tcp://plant.local:4840/gds", "opc.tcp://plant.local:4841"}),
             boost::test_tools::per_element());
  BOOST_TEST(urls_of({"_opcua-tcp._tcp", "local", ""}).size() == 5U);
}

BOOST_FIXTURE_TEST_CASE(A3_a_server_whose_path_has_no_slash_is_passed_over, Announcements) {
  network().announce("Bad path", "_opcua-tcp._tcp", 4840, {"path=gds", "caps=GDS"});
  network().announce("Good path", "_opcua-tcp._tcp", 4841, {"PATH=/gds", "caps=GDS"});
  BOOST_TEST(urls_of({"_opcua-tcp._tcp", "local", "GDS"}) == std::vector<std::string>{"opc.tcp://plant.local:4841/gds"},
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(names_may_hold_anything_and_addresses_come_along, Announcements) {
  network().announce("Anlage \u00dcbersee \"1\" \\ .x", "_est._tcp", 8443);
  const auto services = discovery::browse({"_est._tcp", "local", ""});
  BOOST_REQUIRE(services.size() == 1U);
  BOOST_TEST(services[0].addresses == std::vector<std::string>{"127.0.0.1"}, boost::test_tools::per_element());
  BOOST_TEST(services[0].name == "Anlage \u00dcbersee \"1\" \\ .x");
}

BOOST_FIXTURE_TEST_CASE(A6_a_certificate_comes_from_a_server_that_was_found_and_is_trusted, EstOverAvahi) {
  announce("A stranger", "other-ca");
  announce("Another name", "wrong-host");
  announce("Of the plant", "good");
  Job found = job();
  found.url.clear();
  found.query = Query{"_est._tcp", "local", ""};
  surroundings.browse = discovery::browse;
  const Result result = discovery::run_at_servers(found, agent, surroundings, {}, [this](const Job& at, JobPort& port) {
    return est::run(at, port, surroundings, {});
  });
  BOOST_TEST(!result.certificate.empty());
  const nlohmann::json seen = server.seen();
  for (const char* stranger : {"other-ca", "wrong-host"}) BOOST_TEST(seen.at(stranger).at("bytes").get<int>() == 0);
  BOOST_TEST(!seen.at("good").at("requests").empty());
}

BOOST_FIXTURE_TEST_CASE(the_program_shows_what_there_is, Announcements) {
  network().announce("GDS of the plant", "_opcua-tcp._tcp", 4840, {"path=/gds", "caps=LDS,GDS"});
  network().announce("A machine", "_opcua-tcp._tcp", 4841, {"caps=DA"});
  const Outcome table = run_program("discover --caps GDS");
  BOOST_TEST(table.status == 0, table.output);
  BOOST_TEST(table.output.find("opc.tcp://plant.local:4840/gds  127.0.0.1  LDS,GDS") != std::string::npos,
             table.output);
  BOOST_TEST(table.output.find("4841") == std::string::npos);
  const auto json = nlohmann::json::parse(run_program("discover _opcua-tcp._tcp --json").output);
  BOOST_REQUIRE(json.size() == 2U);
  BOOST_TEST(json[0].at("url").get<std::string>() == "opc.tcp://plant.local:4840/gds");
  const Outcome none = run_program("discover _est._tcp");
  BOOST_TEST(none.status == 1);
  BOOST_TEST(none.output.find("nobody announces _est._tcp in local") == 0U, none.output);
}

BOOST_AUTO_TEST_CASE(who_does_not_wait_for_it_need_not) {
  const auto stop = std::make_unique<std::stop_source>();
  stop->request_stop();
  BOOST_CHECK_EXCEPTION((void)discovery::browse({"_est._tcp", "local", ""}, stop->get_token()), Error,
                        [](const Error& error) { return error.error_class() == ErrorClass::cancelled; });
}

// The last one.
BOOST_AUTO_TEST_CASE(without_avahi_the_remedy_is_named) {
  network().stop();
  BOOST_CHECK_EXCEPTION((void)discovery::browse({"_est._tcp", "local", ""}), Error, [](const Error& error) {
    const std::string message = error.what();
    return error.error_class() == ErrorClass::transport && message.find("avahi-daemon") != std::string::npos;
  });
  const Outcome outcome = run_program("discover");
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.output.find("install and start avahi-daemon") != std::string::npos, outcome.output);
}

}  // namespace edgeseal::test
