// DeviceIdentity1 and Onboarding1, and what the account of the Device Configuration Application may change.

#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using Options = std::map<std::string, sdbus::Variant>;
using ByteArray = std::vector<uint8_t>;
using ByteArrays = std::vector<ByteArray>;

ByteArray octets(const std::string& text) {
  return {text.begin(), text.end()};
}

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) {
                          ports.agent.add({"web", "urn:gw:web", "", {}, {}, {"https"}, "bus"});
                          ports.agent.add({"device", "urn:gw:device", "", {}, {}, {"application"}, "built-in"});
                          ports.accounts.uids = {{"device", kAccount}};
                        }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteDevice device{*connection, "/org/edgeseal/device"};
  std::string message;

  std::string error(const std::function<void()>& call) { return error_of(call, &message); }
  // What a client of the DCA's server asks for.
  std::string error_of_push_as(uid_t uid, const Options& options) {
    const auto other = connect_as(uid);
    dbus::RemoteServerConfiguration server(*other, "/org/edgeseal/application/web");
    return error([&] { server.DeleteCertificate("https", "https", options); });
  }
  void set_configurator(std::optional<uid_t> uid) {
    service.in_loop([uid](auto& ports, auto&) {
      ports.device.configurator = uid;
      return 0;
    });
  }

  const Options client{{"session", sdbus::Variant(std::string("s1"))},
                       {"security-mode", sdbus::Variant(std::string("sign-and-encrypt"))},
                       {"roles", sdbus::Variant(std::vector<std::string>{"SecurityAdmin"})}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(device, Fixture)

BOOST_AUTO_TEST_CASE(identities_are_shown_with_what_is_missing) {
  service.in_loop([](auto& ports, auto&) {
    ports.device.known.push_back({"idevid", "", {}, {}, "behind a policy", 0x81020000, 0x01c90000});
    ports.device.deficiencies = {"something"};
    return 0;
  });
  const auto [identities, deficiencies] = device.GetIdentities();
  BOOST_REQUIRE(identities.size() == 2u);
  BOOST_TEST(identities[0].at("usable").get<bool>());
  BOOST_TEST(identities[0].at("key").get<std::string>() == "device/identity/idevid");
  BOOST_TEST(!identities[1].at("usable").get<bool>());
  BOOST_TEST(identities[1].at("obstacle").get<std::string>() == "behind a policy");
  BOOST_TEST(identities[1].at("handle").get<std::uint32_t>() == 0x81020000u);
  BOOST_TEST(!identities[1].contains("certificate"));
  BOOST_TEST(deficiencies.front() == "something");
  BOOST_TEST(device.ProductInstanceUri() == "urn:example.com:gateway:4711");
}

BOOST_AUTO_TEST_CASE(what_is_said_at_manufacture_reaches_the_agent) {
  const Options options{{"product-instance-uri", sdbus::Variant(std::string("urn:a:b"))},
                        {"serial-number", sdbus::Variant(std::string("7"))},
                        {"key-algorithm", sdbus::Variant(std::string("rsa-2048"))},
                        {"with-idevid-key", sdbus::Variant(true)}};
  BOOST_TEST((device.CreateSigningRequest("ldevid", options) == octets("a request")));
  const auto request = service.in_loop([](auto& ports, auto&) { return ports.device.requests.back(); });
  BOOST_TEST(request.kind == "ldevid");
  BOOST_TEST(request.product_instance_uri == "urn:a:b");
  BOOST_TEST(request.serial_number == "7");
  BOOST_TEST(request.key_algorithm == "rsa-2048");
  BOOST_TEST(request.with_idevid_key);
}

BOOST_AUTO_TEST_CASE(what_is_not_valid_reaches_nobody) {
  const Options unknown{{"colour", sdbus::Variant(std::string("red"))}};
  const Options algorithm{{"key-algorithm", sdbus::Variant(std::string("dsa"))}};
  BOOST_TEST(error([&] { (void)device.CreateSigningRequest("iak", {}); }) == "InvalidArgument");
  BOOST_TEST(error([&] { (void)device.CreateSigningRequest("idevid", unknown); }) == "InvalidArgument");
  BOOST_TEST(error([&] { (void)device.CreateSelfSignedCertificate("idevid", algorithm); }) == "InvalidArgument");
  BOOST_TEST(error([&] { device.InstallCertificate("idevid", {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error([&] { device.InstallCertificate("idevid", octets("x"), ByteArrays(17, octets("x"))); }) ==
             "InvalidArgument");
  BOOST_TEST(error([&] { device.AddTicket(ByteArray(65537)); }) == "InvalidArgument");
  BOOST_TEST(error([&] { device.SetTickets(ByteArrays(17, octets("x"))); }) == "InvalidArgument");
  BOOST_TEST(error([&] { (void)device.VerifyTicket(octets("x"), {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error([&] { device.SetRegistrarEndpoints({unknown}, {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(G3_tickets_are_given_to_everybody_byte_for_byte) {
  const ByteArray ticket{'{', ' ', 0x00, 0xff, '}'};
  device.SetTickets({ticket});
  device.AddTicket(octets("another"));
  BOOST_TEST((device.RequestTickets() == ByteArrays{ticket, octets("another")}));
}

BOOST_AUTO_TEST_CASE(registrars_and_software_status_come_back) {
  const Options registrar{{"discovery-urls", sdbus::Variant(std::vector<std::string>{"opc.tcp://r:4840"})},
                          {"application-uri", sdbus::Variant(std::string("urn:r"))}};
  device.SetRegistrarEndpoints({registrar}, {});
  BOOST_REQUIRE(device.Registrars().size() == 1u);
  BOOST_TEST(device.Registrars().front().at("application-uri").get<std::string>() == "urn:r");
  device.SetSoftwareStatus(false, "2.4.1");
  BOOST_TEST(!device.SoftwareUpToDate());
  BOOST_TEST(device.SoftwareRevision() == "2.4.1");
}

BOOST_AUTO_TEST_CASE(a_ticket_is_judged) {
  const auto contents = device.VerifyTicket(octets("ticket"), {octets("authority")}, {});
  BOOST_TEST(contents.at("kind").get<std::string>() == "device");
  BOOST_TEST(contents.at("signatures").get<std::vector<std::string>>().front() == "valid: CN=maker");
  BOOST_TEST(!contents.contains("model-name"));
}

BOOST_AUTO_TEST_CASE(G3_somebody_without_rights_gets_tickets_and_endpoints_and_changes_nothing,
                     *boost::unit_test::precondition(is_root)) {
  const auto other = connect_as(kNobody);
  dbus::RemoteDevice remote(*other, "/org/edgeseal/device");
  BOOST_TEST(remote.RequestTickets().empty());
  BOOST_TEST(remote.GetEndpoints().size() == 1u);
  for (const std::function<void()>& change : std::initializer_list<std::function<void()>>{
           [&] { remote.AddTicket(octets("x")); }, [&] { remote.SetSoftwareStatus(true, ""); },
           [&] { (void)remote.CreateSigningRequest("idevid", {}); },
           [&] { remote.InstallCertificate("idevid", octets("x"), {}); },
           [&] { remote.SetRegistrarEndpoints({}, {}); }})
    BOOST_TEST(error(change) == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(the_account_of_the_dca_makes_no_identity, *boost::unit_test::precondition(is_root)) {
  const auto dca = connect_as(kAccount);
  dbus::RemoteDevice remote(*dca, "/org/edgeseal/device");
  BOOST_TEST(error([&] { (void)remote.CreateSelfSignedCertificate("ldevid", {}); }) == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(G10_clients_of_the_dca_configure_every_application_once_the_device_is_ready,
                     *boost::unit_test::precondition(is_root)) {
  BOOST_TEST(error_of_push_as(kAccount, client) == "UserAccessDenied");
  set_configurator(kAccount);
  BOOST_TEST(error_of_push_as(kAccount, client) != "UserAccessDenied");
  BOOST_TEST(error_of_push_as(kAccount, {}) == "UserAccessDenied");  // for itself it may not
  BOOST_TEST(error_of_push_as(kNobody, client) == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(G11_clients_of_a_singleton_configure_no_application, *boost::unit_test::precondition(is_root)) {
  set_configurator(std::nullopt);
  BOOST_TEST(error_of_push_as(kAccount, client) == "UserAccessDenied");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
