// The agent's side of the bus against in-memory ports on a private bus.

#include "dbus/service.h"

#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using Options = std::map<std::string, sdbus::Variant>;
using ByteArray = std::vector<uint8_t>;

const dbus::ApplicationInfo kWeb{"web",
                                 "urn:gw:web",
                                 "www-data",
                                 {"user=www-data"},
                                 {"sha1-signatures"},
                                 {"https", "tls"},
                                 "/etc/edgeseal/web.toml"};
const std::string kGroupPath = "/org/edgeseal/application/web/https";

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) { ports.agent.add(kWeb); }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteAgent agent{*connection, "/org/edgeseal"};
  dbus::RemoteGroup group{*connection, kGroupPath};

  auto managed_objects() {
    std::map<sdbus::ObjectPath, std::map<std::string, std::map<std::string, sdbus::Variant>>> objects;
    sdbus::createProxy(*connection, dbus::compat::ServiceName("org.edgeseal.Agent1"),
                       sdbus::ObjectPath("/org/edgeseal"))
        ->callMethod("GetManagedObjects")
        .onInterface("org.freedesktop.DBus.ObjectManager")
        .storeResultsTo(objects);
    return objects;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service, Fixture)

BOOST_AUTO_TEST_CASE(properties_of_the_agent_come_from_its_port) {
  BOOST_TEST(agent.Version() == "1.2.3");
  BOOST_TEST(agent.TpmHealth() == "ready");
  BOOST_TEST(agent.TpmDetail() == "");
  BOOST_TEST(agent.TpmFacts().at("revision") == "1.64");
  BOOST_TEST(agent.State() == "setup-open");
}

BOOST_AUTO_TEST_CASE(an_application_that_the_agent_knows_is_exported_from_the_start) {
  dbus::RemoteApplication web(*connection, "/org/edgeseal/application/web");
  BOOST_TEST(web.Name() == "web");
  BOOST_TEST(web.ApplicationUri() == "urn:gw:web");
  BOOST_TEST(web.Account() == "www-data");
  BOOST_TEST(web.Access() == std::vector<std::string>{"user=www-data"});
  BOOST_TEST(web.Legacy() == std::vector<std::string>{"sha1-signatures"});
  BOOST_TEST((web.Groups() == std::vector<std::string>{"https", "tls"}));
  BOOST_TEST(web.Origin() == "/etc/edgeseal/web.toml");
  BOOST_TEST(group.CertificateTypes() == std::vector<std::string>{"https"});
  BOOST_TEST(group.Directory() == "/pki/web/https");
  BOOST_TEST(!group.TransactionPending());
}

BOOST_AUTO_TEST_CASE(the_object_manager_lists_agent_applications_and_groups) {
  const auto objects = managed_objects();
  BOOST_TEST(objects.contains(sdbus::ObjectPath("/org/edgeseal/application/web")));
  BOOST_TEST(objects.contains(sdbus::ObjectPath("/org/edgeseal/application/web/tls")));
  BOOST_TEST(objects.at(sdbus::ObjectPath(kGroupPath)).contains("org.edgeseal.CertificateGroup1"));
}

BOOST_AUTO_TEST_CASE(create_application_hands_every_option_to_the_port_and_returns_the_escaped_path) {
  const Options options{{"application-uri", sdbus::Variant(std::string("urn:x"))},
                        {"account", sdbus::Variant(std::string("opc"))},
                        {"access", sdbus::Variant(std::vector<std::string>{"user=opc"})},
                        {"slots", sdbus::Variant(std::vector<std::string>{"application/rsa-sha256", "https/https"})},
                        {"legacy", sdbus::Variant(std::vector<std::string>{"sha1-signatures"})}};
  BOOST_TEST(agent.CreateApplication("opcua-server", options) == "/org/edgeseal/application/opcua_2dserver");
  const auto created = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_created; });
  BOOST_TEST(created.name == "opcua-server");
  BOOST_TEST(created.application_uri == "urn:x");
  BOOST_TEST(created.account == "opc");
  BOOST_TEST(created.access == std::vector<std::string>{"user=opc"});
  BOOST_TEST(created.slots.size() == 2u);
  BOOST_TEST(created.legacy == std::vector<std::string>{"sha1-signatures"});
}

BOOST_AUTO_TEST_CASE(the_port_learns_who_calls) {
  agent.CreateApplication("a", {});
  const auto caller = service.in_loop([](auto& ports, auto&) { return ports.agent.last_caller; });
  BOOST_TEST(caller.bus_name == std::string(connection->getUniqueName()));
  BOOST_TEST(caller.uid == geteuid());
  BOOST_TEST(caller.pid == getpid());
}

BOOST_AUTO_TEST_CASE(a_new_application_has_objects_before_the_call_returns) {
  agent.CreateApplication("new", {});
  BOOST_TEST(dbus::RemoteApplication(*connection, "/org/edgeseal/application/new").Name() == "new");
  BOOST_TEST(dbus::RemoteGroup(*connection, "/org/edgeseal/application/new/https").Directory() == "/pki/new/https");
}

BOOST_AUTO_TEST_CASE(objects_that_come_and_go_are_signalled) {
  std::vector<std::string> seen;
  const auto match = dbus::compat::add_match(
      *connection, "type='signal',interface='org.freedesktop.DBus.ObjectManager',path='/org/edgeseal'",
      [&](auto* message) {
        const char* path = nullptr;
        sd_bus_message_read(message, "o", &path);
        seen.push_back(std::string(sd_bus_message_get_member(message)) + " " + path);
      });
  agent.CreateApplication("new", {});
  agent.DeleteApplication("new");
  const std::vector<std::string> expected{
      "InterfacesAdded /org/edgeseal/application/new", "InterfacesAdded /org/edgeseal/application/new/https",
      "InterfacesRemoved /org/edgeseal/application/new/https", "InterfacesRemoved /org/edgeseal/application/new"};
  BOOST_TEST(pump_until(*connection, [&] { return seen.size() >= expected.size(); }));
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_deleted_application_has_no_objects) {
  agent.DeleteApplication("web");
  BOOST_TEST(error_of([&] { group.Directory(); }) == "org.freedesktop.DBus.Error.UnknownObject");
  BOOST_TEST(!managed_objects().contains(sdbus::ObjectPath("/org/edgeseal/application/web")));
}

BOOST_AUTO_TEST_CASE(an_application_can_be_deleted_and_created_again) {
  for (int i = 0; i < 3; ++i) {
    agent.DeleteApplication("web");
    agent.CreateApplication("web", {});
  }
  BOOST_TEST(group.Directory() == "/pki/web/https");
}

BOOST_AUTO_TEST_CASE(access_rules_come_and_go_and_are_signalled) {
  dbus::RemoteApplication web(*connection, "/org/edgeseal/application/web");
  size_t signals = 0;
  const auto match = dbus::compat::add_match(*connection,
                                             "type='signal',member='PropertiesChanged',path='/org/edgeseal/application/"
                                             "web',arg0='org.edgeseal.Application1'",
                                             [&](auto*) { ++signals; });
  BOOST_TEST(web.AddAccessRule("unit=nginx.service"));
  BOOST_TEST((web.Access() == std::vector<std::string>{"user=www-data", "unit=nginx.service"}));
  BOOST_TEST(!web.AddAccessRule("unit=nginx.service"));
  BOOST_TEST(web.RemoveAccessRule("user=www-data"));
  BOOST_TEST(!web.RemoveAccessRule("user=www-data"));
  BOOST_TEST(web.Access() == std::vector<std::string>{"unit=nginx.service"});
  BOOST_TEST(pump_until(*connection, [&] { return signals >= 2; }));
  BOOST_TEST(signals == 2u);
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.agent.last_caller.uid; }) == geteuid());
}

BOOST_AUTO_TEST_CASE(an_access_rule_has_its_bounds) {
  dbus::RemoteApplication web(*connection, "/org/edgeseal/application/web");
  BOOST_TEST(error_of([&] { web.AddAccessRule(""); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { web.AddAccessRule(std::string(257, 'u')); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { web.RemoveAccessRule(std::string(257, 'u')); }) == "InvalidArgument");
  service.in_loop([](auto& ports, auto&) {
    return ports.agent.fault.set(dbus::CallError("InvalidState", "declared by a file")), 0;
  });
  BOOST_TEST(error_of([&] { web.AddAccessRule("user=www-data"); }) == "InvalidState");
}

BOOST_AUTO_TEST_CASE(changes_of_state_are_signalled_as_changed_properties) {
  std::map<std::string, std::string> changed;
  const auto match = dbus::compat::add_match(
      *connection, "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
      [&](auto* message) {
        const char* interface = nullptr;
        sd_bus_message_read(message, "s", &interface);
        changed[interface] = sd_bus_message_get_path(message);
      });
  service.in_loop([](auto&, auto& bus_service) {
    bus_service.tpm_status_changed();
    bus_service.setup_state_changed();
    bus_service.group_changed({"web", "tls"});
    bus_service.group_changed({"unknown", "tls"});
    bus_service.trust_list_changed({"web", "tls"});
    bus_service.trust_list_changed({"web", "unknown"});
    bus_service.directories_changed();
    return 0;
  });
  BOOST_TEST(pump_until(*connection, [&] { return changed.size() == 6; }));
  BOOST_TEST(changed["org.edgeseal.Agent1"] == "/org/edgeseal");
  BOOST_TEST(changed["org.edgeseal.Setup1"] == "/org/edgeseal");
  BOOST_TEST(changed["org.edgeseal.CertificateGroup1"] == "/org/edgeseal/application/web/tls");
  BOOST_TEST(changed["org.edgeseal.ServerConfiguration1"] == "/org/edgeseal/application/web");
  BOOST_TEST(changed["org.edgeseal.TrustList1"] == "/org/edgeseal/application/web/tls");
  BOOST_TEST(changed["org.edgeseal.TrustDirectories1"] == "/org/edgeseal");
}

BOOST_AUTO_TEST_CASE(a_change_of_setup_is_signalled_once_to_each_who_shows_it) {
  std::vector<std::string> changed;
  const auto match = dbus::compat::add_match(
      *connection, "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
      [&](auto* message) {
        const char* interface = nullptr;
        sd_bus_message_read(message, "s", &interface);
        changed.emplace_back(interface);
      });
  service.in_loop([](auto&, auto& bus_service) {
    bus_service.setup_state_changed();
    bus_service.directories_changed();  // signalled behind it
    return 0;
  });
  const std::vector<std::string> expected{"org.edgeseal.Setup1", "org.edgeseal.ServerConfiguration1",
                                          "org.edgeseal.TrustDirectories1"};
  BOOST_TEST(pump_until(*connection, [&] { return !changed.empty() && changed.back() == expected.back(); }));
  BOOST_TEST(changed == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(describe_returns_the_json_of_the_port) {
  BOOST_TEST(agent.Describe() == R"({"version":"1.2.3","applications":[]})");
}

BOOST_AUTO_TEST_CASE(a_signing_request_carries_every_option_to_the_port) {
  const Options options{{"subject", sdbus::Variant(std::string("CN=gw"))},
                        {"regenerate-private-key", sdbus::Variant(true)},
                        {"nonce", sdbus::Variant(ByteArray(32, 7))},
                        {"dns-names", sdbus::Variant(std::vector<std::string>{"gw.example"})},
                        {"ip-addresses", sdbus::Variant(std::vector<std::string>{"192.0.2.1"})}};
  const auto request = group.CreateSigningRequest("https", options);
  BOOST_TEST(std::string(request.begin(), request.end()) == "request for https");
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.groups.last_request; });
  BOOST_TEST(seen.subject == "CN=gw");
  BOOST_TEST(seen.regenerate_private_key);
  BOOST_TEST(seen.nonce.size() == 32u);
  BOOST_TEST(seen.dns_names == std::vector<std::string>{"gw.example"});
  BOOST_TEST(seen.ip_addresses == std::vector<std::string>{"192.0.2.1"});
}

BOOST_AUTO_TEST_CASE(a_certificate_is_staged_applied_and_read_back_with_its_chain) {
  const ByteArray certificate{1, 2, 3};
  const std::vector<ByteArray> issuers{{4}, {5, 6}};
  BOOST_TEST(group.UpdateCertificate("https", certificate, issuers, {}));
  BOOST_TEST(group.TransactionPending());
  group.ApplyChanges({});
  BOOST_TEST(!group.TransactionPending());
  const auto [types, certificates, chains] = group.GetCertificates();
  BOOST_TEST(types == std::vector<std::string>{"https"});
  BOOST_TEST((certificates == std::vector<ByteArray>{certificate}));
  BOOST_TEST((chains == std::vector<std::vector<ByteArray>>{issuers}));
}

BOOST_AUTO_TEST_CASE(cancel_changes_drops_the_transaction) {
  group.UpdateCertificate("https", {1}, {}, {});
  group.CancelChanges();
  BOOST_TEST(error_of([&] { group.ApplyChanges({}); }) == "NothingToDo");
}

BOOST_AUTO_TEST_CASE(a_transaction_is_refused_to_others_and_dropped_when_its_owner_leaves_the_bus) {
  auto other = sdbus::createSystemBusConnection();
  auto other_group = std::make_unique<dbus::RemoteGroup>(*other, kGroupPath);
  other_group->UpdateCertificate("https", {1}, {}, {});
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", {1}, {}, {}); }) == "TransactionPending");
  const std::string name = other->getUniqueName();
  other_group.reset();
  other.reset();
  BOOST_TEST(pump_until(*connection, [&] { return !group.TransactionPending(); }));
  const auto vanished = service.in_loop([](auto& ports, auto&) { return ports.groups.vanished; });
  BOOST_TEST(vanished == std::vector<std::string>{name}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_long_answer_holds_nobody_else_up) {
  service.in_loop([](auto& ports, auto&) { return ports.groups.hold = true; });
  auto slow = sdbus::createSystemBusConnection();
  auto proxy =
      sdbus::createProxy(*slow, dbus::compat::ServiceName("org.edgeseal.Agent1"), sdbus::ObjectPath(kGroupPath));
  ByteArray answer;
  proxy->callMethodAsync("CreateSigningRequest")
      .onInterface("org.edgeseal.CertificateGroup1")
      .withArguments(std::string("https"), Options{})
      .uponReplyInvoke([&](dbus::compat::AsyncError, const ByteArray& request) { answer = request; });
  const auto held = [&] { return service.in_loop([](auto& ports, auto&) { return ports.groups.held.size(); }); };
  BOOST_TEST(pump_until(*slow, [&] { return held() == 1; }));
  BOOST_TEST(agent.Version() == "1.2.3");
  BOOST_TEST(answer.empty());
  service.in_loop([](auto& ports, auto&) { return ports.groups.release(), 0; });
  BOOST_TEST(pump_until(*slow, [&] { return !answer.empty(); }));
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_when_the_service_ends_is_answered_and_a_late_result_harms_nobody) {
  service.in_loop([](auto& ports, auto&) { return ports.groups.hold = true; });
  auto slow = sdbus::createSystemBusConnection();
  auto proxy =
      sdbus::createProxy(*slow, dbus::compat::ServiceName("org.edgeseal.Agent1"), sdbus::ObjectPath(kGroupPath));
  std::string error_name;
  proxy->callMethodAsync("CreateSigningRequest")
      .onInterface("org.edgeseal.CertificateGroup1")
      .withArguments(std::string("https"), Options{})
      .uponReplyInvoke([&](dbus::compat::AsyncError error, const ByteArray&) { error_name = name_of(error); });
  const auto held = [&] { return service.in_loop([](auto& ports, auto&) { return ports.groups.held.size(); }); };
  BOOST_TEST(pump_until(*slow, [&] { return held() == 1; }));
  auto late = service.in_loop([](auto& ports, auto&) { return std::move(ports.groups.held.front()); });
  service.end_service();
  BOOST_TEST(pump_until(*slow, [&] { return !error_name.empty(); }));
  BOOST_TEST(error_name == "org.edgeseal.Error.Shutdown");
  late();
}

BOOST_AUTO_TEST_CASE(a_second_agent_is_told_that_the_name_is_taken) {
  dbus::fake::Ports ports;
  BOOST_CHECK_EXCEPTION(dbus::Service(ports.all(), {}), dbus::CallError,
                        [](const auto& error) { return error.name == "NameTaken"; });
  BOOST_TEST(agent.Version() == "1.2.3");
}

BOOST_AUTO_TEST_CASE(process_tells_when_the_bus_is_gone) {
  bus.stop();
  BOOST_TEST(service.wait_until_disconnected());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(without_a_bus_the_service_says_so) {
  setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
  dbus::fake::Ports ports;
  BOOST_CHECK_EXCEPTION(dbus::Service(ports.all(), {}), dbus::CallError,
                        [](const auto& error) { return error.name == "BusUnavailable"; });
}

}  // namespace edgeseal::test
