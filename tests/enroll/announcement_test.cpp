// What the network says of servers, which is anybody's words.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "enroll/discovery/announcement.h"
#include "enroll/discovery/listing.h"
#include "enroll/error.h"
#include "policy/network_names.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using namespace enroll::discovery;

Announcement announcement(const std::vector<std::string>& text = {}) {
  return {"Plant PKI", "Plant.Local.", "192.0.2.7", 8443, text};
}

void is_passed_over(const Announcement& announced) {
  BOOST_CHECK_EXCEPTION((void)service_of(announced), Error,
                        [](const Error& error) { return error.error_class() == ErrorClass::transport; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(announcements)

BOOST_AUTO_TEST_CASE(A3_capabilities_are_compared_token_by_token) {
  const auto has_gds = [](const std::vector<std::string>& text) {
    return has_capability(service_of(announcement(text)), "GDS");
  };
  for (const char* caps : {"caps=GDS", "caps=LDS,GDS", "caps=GDS,DA", "CAPS=DA,GDS,HD", "caps=,GDS,"})
    BOOST_TEST(has_gds({caps}), caps);
  for (const char* caps : {"caps=GDSX", "caps=XGDS", "caps=GD,S", "caps=gds", "caps= GDS", "caps=", "caps", "cap=GDS"})
    BOOST_TEST(!has_gds({caps}), caps);
  BOOST_TEST(!has_gds({}));
  BOOST_TEST(!has_gds({"caps=DA", "caps=GDS"}));  // the first counts
}

BOOST_AUTO_TEST_CASE(A3_a_path_begins_with_a_slash) {
  BOOST_TEST(service_of(announcement({"path=/gds"})).path == "/gds");
  BOOST_TEST(service_of(announcement({"path=/"})).path == "/");
  for (const char* none : {"path=", "path", "caps=GDS"}) BOOST_TEST(service_of(announcement({none})).path.empty());
  for (const char* bad : {"path=gds", "path=//../x", "path=/a b", "path=/a?b", "path=/a#b", "path=/a\nb", "path=/\xff",
                          "path=@other.example/", "path=:443/", "path=/a/../../b"})
    is_passed_over(announcement({bad}));
  is_passed_over(announcement({"path=/" + std::string(255, 'a')}));
}

BOOST_AUTO_TEST_CASE(keys_have_no_case_and_the_first_counts) {
  const std::vector<std::string> text{"=nothing", "", "flag", "Path=/a=b", "path=/c"};
  BOOST_TEST((text_value(text, "path") == "/a=b"));
  BOOST_TEST((text_value(text, "FLAG") == ""));
  BOOST_TEST((text_value(text, "other") == std::nullopt));
}

BOOST_AUTO_TEST_CASE(a_host_is_a_name) {
  BOOST_TEST(service_of(announcement()).host == "plant.local");
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("a..b"), std::string("1.2.3.4"), std::string("192.03.00"),
        std::string("a.0x7f"), std::string("a b.local"), std::string("a/b"), std::string("user@host"),
        std::string("host:443"), std::string("-a"), std::string("a\0b", 3), std::string(64, 'a'),
        std::string("a\x80.local")}) {
    Announcement announced = announcement();
    announced.host = bad;
    is_passed_over(announced);
  }
  std::string long_name;
  while (long_name.size() < 254) long_name += "abcdefg.";
  BOOST_TEST(!policy::is_host_name(long_name + "local"));
}

BOOST_AUTO_TEST_CASE(a_port_is_there_and_a_text_has_bounds) {
  Announcement announced = announcement();
  announced.port = 0;
  is_passed_over(announced);
  is_passed_over(announcement(std::vector<std::string>(17, std::string(255, 'x'))));
  const auto many = service_of(announcement({"caps=" + std::string(200, ',') + "GDS"}));
  BOOST_TEST(has_capability(many, "GDS"));
  std::string tokens = "caps=";
  for (std::size_t count = 0; count < 2 * max_capabilities; ++count) tokens += "A,";
  BOOST_TEST(service_of(announcement({tokens})).capabilities.size() == max_capabilities);
}

BOOST_AUTO_TEST_CASE(addresses_are_those_that_mean_something_without_an_interface) {
  const auto addresses_of = [](const std::string& address) {
    Announcement announced = announcement();
    announced.address = address;
    return service_of(announced).addresses.size();
  };
  for (const char* good : {"192.0.2.1", "2001:db8::1", "::1"}) BOOST_TEST(addresses_of(good) == 1U);
  for (const char* bad : {"fe80::1", "fe80::1%eth0", "192.0.2.256", "host", ""}) BOOST_TEST(addresses_of(bad) == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_is_one_however_often_it_is_announced) {
  std::vector<Service> services;
  for (const char* address : {"2001:db8::1", "192.0.2.7", "192.0.2.7", "fe80::1"}) {
    Announcement announced = announcement();
    announced.address = address;
    merge(services, service_of(announced));
  }
  Announcement other = announcement();
  other.host = "a.local";
  merge(services, service_of(other));
  sort(services);
  BOOST_REQUIRE(services.size() == 2U);
  BOOST_TEST(services[0].host == "a.local");
  BOOST_TEST(services[1].addresses == (std::vector<std::string>{"192.0.2.7", "2001:db8::1"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(types_of_services_are_those_of_rfc_6335) {
  for (const char* good : {"_est._tcp", "_opcua-tcp._tcp", "_a._tcp", "_brski-proxy._tcp", "_x9-1._tcp"})
    BOOST_TEST(policy::is_service_type(good), good);
  for (const char* bad : {"", "est", "_est", "_est._udp", "est._tcp", "_._tcp", "_-a._tcp", "_a-._tcp", "_a--b._tcp",
                          "_123._tcp", "_aaaaaaaaaaaaaaaa._tcp", "_a.b._tcp", "_a b._tcp"})
    BOOST_TEST(!policy::is_service_type(bad), bad);
}

BOOST_AUTO_TEST_CASE(what_is_listed_is_printable) {
  Announcement announced = announcement({"path=/gds", "caps=GDS,\x1b[31m,DA"});
  announced.name = "Plant \x1b[2J\n\xff PKI";
  const std::vector<Service> services{service_of(announced)};
  const std::string table = table_of(services, "_opcua-tcp._tcp");
  BOOST_TEST(table.find("opc.tcp://plant.local:8443/gds") != std::string::npos);
  BOOST_TEST(table.find('\x1b') == std::string::npos);
  const auto json = nlohmann::json::parse(json_of(services, "_est._tcp"));
  BOOST_TEST(json.at(0).at("url").get<std::string>() == "https://plant.local:8443/gds");
  BOOST_TEST(json.at(0).at("name").get<std::string>() == "Plant [2J PKI");
  BOOST_TEST(nlohmann::json::parse(json_of({}, "_est._tcp")).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
