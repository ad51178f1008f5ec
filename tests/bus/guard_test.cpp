// What the guard keeps: bad arguments out, exceptions in, an audit record of everything.

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <stdexcept>

#include "dbus/generated/privileges.h"
#include "tests/bus/bus_client.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using Options = std::map<std::string, sdbus::Variant>;
using ByteArray = std::vector<uint8_t>;
using Texts = std::vector<std::string>;

const std::string kGroupPath = "/org/edgeseal/application/web/https";

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) { ports.agent.add({"web", "urn:web", "", {}, {}, {"https"}, "bus"}); }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteAgent agent{*connection, "/org/edgeseal"};
  dbus::RemoteGroup group{*connection, kGroupPath};
  std::string message;

  std::vector<dbus::AuditRecord> records() {
    return service.in_loop([](auto& ports, auto&) { return ports.audit.records; });
  }
  std::vector<std::string> internal_errors() {
    return service.in_loop([](auto& ports, auto&) { return ports.audit.internal_errors; });
  }
  std::string error_of_option(const std::string& key, const sdbus::Variant& value) {
    return error_of([&] { group.CreateSigningRequest("https", {{key, value}}); }, &message);
  }
  bool message_has(const std::string& part) const { return message.find(part) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard, Fixture)

BOOST_AUTO_TEST_CASE(an_unknown_option_is_named) {
  BOOST_TEST(error_of_option("nonse", sdbus::Variant(true)) == "InvalidArgument");
  BOOST_TEST(message_has("\"nonse\""));
  BOOST_TEST(error_of(
                 [&] {
                   agent.CreateApplication("a", {{"acount", sdbus::Variant(true)}});
                 },
                 &message) == "InvalidArgument");
  BOOST_TEST(message_has("\"acount\""));
  BOOST_TEST(error_of([&] {
               group.UpdateCertificate("https", {1}, {}, {{"x", sdbus::Variant(true)}});
             }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { group.ApplyChanges({{"x", sdbus::Variant(true)}}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_delegated_method_without_options_takes_none) {
  const Options unknown{{"nonse", sdbus::Variant(true)}};
  dbus::RemoteServerConfiguration server{*connection, "/org/edgeseal/application/web"};
  dbus::RemoteTrustList list{*connection, kGroupPath};
  const std::vector<std::function<void()>> calls{
      [&] { server.CancelChanges(unknown); }, [&] { server.GetRejectedList(unknown); }, [&] { list.Open(1, unknown); },
      [&] { list.Close(1, unknown); }, [&] { list.GetTrustList(15, unknown); }};
  for (const auto& call : calls) {
    BOOST_TEST(error_of(call, &message) == "InvalidArgument");
    BOOST_TEST(message_has("\"nonse\""));
  }
}

BOOST_AUTO_TEST_CASE(an_option_of_a_wrong_type_is_named_with_its_type) {
  BOOST_TEST(error_of_option("subject", sdbus::Variant(uint32_t{7})) == "InvalidArgument");
  BOOST_TEST(message_has("\"subject\""));
  BOOST_TEST(message_has("type u"));
  BOOST_TEST(error_of_option("regenerate-private-key", sdbus::Variant(std::string("yes"))) == "InvalidArgument");
  BOOST_TEST(error_of_option("nonce", sdbus::Variant(std::string("0123"))) == "InvalidArgument");
  BOOST_TEST(error_of_option("dns-names", sdbus::Variant(std::string("gw"))) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(the_limits_of_an_option_are_exact) {
  BOOST_TEST(error_of_option("nonce", sdbus::Variant(ByteArray(31))) == "InvalidArgument");
  BOOST_TEST(error_of_option("nonce", sdbus::Variant(ByteArray(32))) == "");
  BOOST_TEST(error_of_option("nonce", sdbus::Variant(ByteArray(1024))) == "");
  BOOST_TEST(error_of_option("nonce", sdbus::Variant(ByteArray(1025))) == "InvalidArgument");
  BOOST_TEST(error_of_option("subject", sdbus::Variant(std::string(1024, 'x'))) == "");
  BOOST_TEST(error_of_option("subject", sdbus::Variant(std::string(1025, 'x'))) == "InvalidArgument");
  BOOST_TEST(error_of_option("dns-names", sdbus::Variant(Texts(64, "gw"))) == "");
  BOOST_TEST(error_of_option("dns-names", sdbus::Variant(Texts(65, "gw"))) == "InvalidArgument");
  BOOST_TEST(error_of_option("dns-names", sdbus::Variant(Texts{std::string(254, 'x')})) == "InvalidArgument");
  BOOST_TEST(error_of_option("dns-names", sdbus::Variant(Texts{""})) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(the_limits_of_an_argument_are_exact) {
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", {}, {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", ByteArray(65536), {}, {}); }) == "");
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", ByteArray(65537), {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", {1}, {16, {1}}, {}); }) == "");
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", {1}, {17, {1}}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", {1}, {{}}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { group.UpdateCertificate(std::string(65, 'x'), {1}, {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { agent.CreateApplication(std::string(65, 'x'), {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { agent.CreateApplication("", {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_message_of_megabytes_is_refused_before_it_is_copied) {
  const ByteArray huge(4 * 1024 * 1024);
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", huge, {}, {}); }, &message) == "InvalidArgument");
  BOOST_TEST(message_has("larger than"));
  BOOST_TEST(error_of_option("nonce", sdbus::Variant(huge)) == "InvalidArgument");
  BOOST_TEST(error_of_option("unknown", sdbus::Variant(Texts(100'000, "x"))) == "InvalidArgument");
  BOOST_TEST(records().size() == 3u);
  BOOST_TEST(agent.Version() == "1.2.3");
}

BOOST_AUTO_TEST_CASE(a_call_with_a_wrong_signature_never_reaches_a_handler) {
  auto proxy = sdbus::createProxy(*connection, dbus::compat::ServiceName("org.edgeseal.Agent1"),
                                  sdbus::ObjectPath("/org/edgeseal"));
  const auto call = [&] {
    proxy->callMethod("DeleteApplication").onInterface("org.edgeseal.Agent1").withArguments(uint32_t{7});
  };
  BOOST_TEST(error_of(call) == "org.freedesktop.DBus.Error.InvalidArgs");
  BOOST_TEST(records().empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_of_a_port_keeps_its_name_and_text) {
  BOOST_TEST(error_of([&] { agent.DeleteApplication("unknown"); }, &message) == "NotFound");
  BOOST_TEST(message == "there is no application unknown");
  BOOST_TEST(error_of([&] { group.CreateSigningRequest("no-such-type", {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(another_exception_of_a_port_shows_no_text_and_ends_nothing) {
  service.in_loop([](auto& ports, auto&) { return ports.agent.fault.set(std::runtime_error("secret path")), 0; });
  BOOST_TEST(error_of([&] { agent.Describe(); }, &message) == "InternalError");
  BOOST_TEST(!message_has("secret"));
  BOOST_TEST(internal_errors() == Texts{"org.edgeseal.Agent1.Describe: secret path"}, boost::test_tools::per_element());
  BOOST_TEST(error_of([&] { agent.Describe(); }) == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_exception_type_at_all_ends_nothing_either) {
  service.in_loop([](auto& ports, auto&) { return ports.groups.fault.set(42), 0; });
  BOOST_TEST(error_of([&] { group.UpdateCertificate("https", {1}, {}, {}); }) == "InternalError");
  BOOST_TEST(internal_errors().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_exception_behind_a_property_becomes_an_error) {
  service.in_loop([](auto& ports, auto&) { return ports.agent.fault.set(std::runtime_error("secret path")), 0; });
  BOOST_TEST(error_of([&] { agent.TpmHealth(); }, &message) == "InternalError");
  BOOST_TEST(!message_has("secret"));
  service.in_loop([](auto& ports, auto&) { return ports.groups.fault.set(dbus::CallError("NotFound", "gone")), 0; });
  BOOST_TEST(error_of([&] { group.Directory(); }, &message) == "NotFound");
  BOOST_TEST(message == "gone");
}

BOOST_AUTO_TEST_CASE(a_broken_audit_ends_nothing) {
  service.in_loop([](auto& ports, auto&) { return ports.audit.broken = true; });
  BOOST_TEST(error_of([&] { agent.Describe(); }) == "");
  BOOST_TEST(internal_errors() == Texts{"org.edgeseal.Agent1.Describe: the journal is gone"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_port_that_forgets_its_answer_is_refused_for_it) {
  service.in_loop([](auto& ports, auto&) { return ports.groups.hold = true; });
  auto proxy =
      sdbus::createProxy(*connection, dbus::compat::ServiceName("org.edgeseal.Agent1"), sdbus::ObjectPath(kGroupPath));
  std::string error_name;
  proxy->callMethodAsync("CreateSigningRequest")
      .onInterface("org.edgeseal.CertificateGroup1")
      .withArguments(std::string("https"), Options{})
      .uponReplyInvoke([&](dbus::compat::AsyncError error, const ByteArray&) { error_name = name_of(error); });
  BOOST_TEST(pump_until(
      *connection, [&] { return service.in_loop([](auto& ports, auto&) { return !ports.groups.held.empty(); }); }));
  service.in_loop([](auto& ports, auto&) { return ports.groups.held.clear(), 0; });
  BOOST_TEST(pump_until(*connection, [&] { return !error_name.empty(); }));
  BOOST_TEST(error_name == "org.edgeseal.Error.InternalError");
}

BOOST_AUTO_TEST_CASE(every_call_leaves_one_record_of_its_outcome) {
  agent.CreateApplication("new", {});
  BOOST_TEST(error_of([&] { agent.CreateApplication("new", {}); }) == "EntryExists");
  group.CreateSigningRequest("https", {});
  const auto all = records();
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].member == "org.edgeseal.Agent1.CreateApplication");
  BOOST_TEST(all[0].object_path == "/org/edgeseal");
  BOOST_TEST(all[0].caller.bus_name == std::string(connection->getUniqueName()));
  BOOST_TEST(all[0].caller.uid == geteuid());
  BOOST_TEST(all[0].success);
  BOOST_TEST(all[0].error == "");
  BOOST_TEST(!all[1].success);
  BOOST_TEST(all[1].error == "EntryExists");
  BOOST_TEST(all[2].object_path == kGroupPath);
  BOOST_TEST(all[2].success);
}

BOOST_AUTO_TEST_CASE(one_caller_cannot_have_more_than_sixteen_calls_open) {
  service.in_loop([](auto& ports, auto&) { return ports.groups.hold = true; });
  auto greedy = sdbus::createSystemBusConnection();
  auto proxy =
      sdbus::createProxy(*greedy, dbus::compat::ServiceName("org.edgeseal.Agent1"), sdbus::ObjectPath(kGroupPath));
  std::vector<std::string> refused;
  for (int i = 0; i < 20; ++i) {
    proxy->callMethodAsync("CreateSigningRequest")
        .onInterface("org.edgeseal.CertificateGroup1")
        .withArguments(std::string("https"), Options{})
        .uponReplyInvoke([&](dbus::compat::AsyncError error, const ByteArray&) {
          if (error) refused.push_back(error->getName());
        });
  }
  BOOST_TEST(pump_until(*greedy, [&] { return refused.size() == 4; }));
  BOOST_TEST(refused == Texts(4, "org.edgeseal.Error.TooManyOperations"), boost::test_tools::per_element());
  BOOST_TEST(agent.Describe() != "");
}

BOOST_AUTO_TEST_CASE(one_account_that_takes_all_it_gets_keeps_out_no_other, *boost::unit_test::precondition(is_root)) {
  service.in_loop([](auto& ports, auto&) {
    ports.groups.hold = true;
    ports.accounts.uids = {{"web", kAccount}};
    return 0;
  });
  std::vector<std::unique_ptr<sdbus::IConnection>> greedy;
  std::vector<std::unique_ptr<sdbus::IProxy>> proxies;
  std::size_t refused = 0;
  for (int connections = 0; connections < 10; ++connections) {
    greedy.push_back(connect_as(kAccount));
    proxies.push_back(sdbus::createProxy(*greedy.back(), dbus::compat::ServiceName("org.edgeseal.Agent1"),
                                         sdbus::ObjectPath(kGroupPath)));
    for (int i = 0; i < 16; ++i)
      proxies.back()
          ->callMethodAsync("CreateSigningRequest")
          .onInterface("org.edgeseal.CertificateGroup1")
          .withArguments(std::string("https"), Options{})
          .uponReplyInvoke([&](dbus::compat::AsyncError error, const ByteArray&) {
            if (name_of(error) == "org.edgeseal.Error.TooManyOperations") ++refused;
          });
    const std::size_t expected = greedy.size() <= 2 ? 0 : 16 * (greedy.size() - 2);
    BOOST_TEST(pump_until(*greedy.back(), [&] { return refused == expected; }));
  }
  BOOST_TEST(service.comes_true([](auto& ports, auto&) { return ports.groups.held.size() == 32; }));
  BOOST_TEST(error_of([&] { agent.Describe(); }) == "");
  BOOST_TEST(records().front().caller.uid == kAccount);  // the refused ones, too
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
