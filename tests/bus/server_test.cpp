// A server that delegates, on the bus: what it hears, in which order, and what it makes of it.

#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"
#include "tests/bus/test_server.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using ByteArray = std::vector<uint8_t>;
using Texts = std::vector<std::string>;

const ByteArray kAlice{'a', 'l', 'i', 'c', 'e'};
const ByteArray kBob{'b', 'o', 'b'};
const ByteArray kNewCertificate{'n', 'e', 'w'};

struct Fixture {
  PrivateBus bus;
  ServiceThread service{
      {}, [](auto& ports) {
        ports.agent.add({"web", "urn:gw:web", "", {}, {}, {"https"}, "bus"});
        ports.trust_lists.lists[{"web", "https"}].trusted_certificates = {bytes("alice"), bytes("bob")};
        ports.server_configuration.active["web"] = {{"https", bytes("old")}};
      }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  TestServer server{*connection, "web", "https"};
  dbus::RemoteServerConfiguration configuration{*connection, "/org/edgeseal/application/web"};
  dbus::RemoteTrustList list{*connection, "/org/edgeseal/application/web/https"};

  bool wait_for(const std::string& event) {
    return pump_until(*connection, [&] { return server.heard(event); });
  }
  // As where the agent is at work on changes of the server.
  bool push_and_hold_the_answer() {
    server.push_certificate("s1", kNewCertificate);
    service.in_loop([](auto& ports, auto&) { return ports.transactions.hold = true; });
    server.apply_changes("s1");
    return pump_until(*connection, [&] {
      return service.in_loop([](auto& ports, auto&) { return ports.transactions.held.size(); }) == 1;
    });
  }
  std::string result_of_transaction() {
    return configuration.GetTransactionDiagnostics({}).at("result").get<std::string>();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(delegating_server, Fixture)

BOOST_AUTO_TEST_CASE(E28_apply_changes_answers_before_channels_are_cut_then_they_are_renegotiated) {
  BOOST_TEST(server.open("c1", kAlice));
  BOOST_TEST(server.push_certificate("s1", kNewCertificate));
  server.apply_changes("s1");
  BOOST_TEST(wait_for("renegotiated c1"));
  BOOST_TEST((server.events() == Texts{"answer ApplyChanges", "changes applied", "renegotiated c1"}));
  BOOST_TEST(server.channel("c1").own == kNewCertificate);
}

BOOST_AUTO_TEST_CASE(E28_the_order_holds_while_the_answer_takes_its_time) {
  BOOST_TEST(server.open("c1", kAlice));
  BOOST_TEST(push_and_hold_the_answer());
  // As where the changes are in use and the answer is still to come.
  service.in_loop([](auto& ports, auto& bus_service) {
    bus_service.changes_applied("web", {}, {"https"});
    ports.transactions.release();
    return 0;
  });
  BOOST_TEST(wait_for("renegotiated c1"));
  BOOST_TEST(server.events().front() == "answer ApplyChanges");
}

BOOST_AUTO_TEST_CASE(E28_an_answer_that_never_comes_holds_no_signal_back) {
  BOOST_TEST(push_and_hold_the_answer());
  service.in_loop([](auto& ports, auto& bus_service) {
    bus_service.changes_applied("web", {"https"}, {});
    ports.transactions.held.clear();
    return 0;
  });
  BOOST_TEST(wait_for("changes applied"));
  BOOST_TEST((server.events() == Texts{"error of ApplyChanges", "changes applied"}));
}

BOOST_AUTO_TEST_CASE(E29_after_a_change_of_the_trust_list_channels_with_untrusted_certificates_are_closed) {
  BOOST_TEST(server.open("c1", kAlice));
  BOOST_TEST(server.open("c2", kBob));
  server.distrust("s1", "bob");
  BOOST_TEST(server.channel("c2").open);
  server.apply_changes("s1");
  BOOST_TEST(wait_for("closed c2"));
  BOOST_TEST(server.channel("c1").open);
  BOOST_TEST(!server.channel("c2").open);
  BOOST_TEST(!server.open("c3", kBob));
  BOOST_TEST((list.GetRejectedList({}) == std::vector<ByteArray>{kBob, kBob}));
}

BOOST_AUTO_TEST_CASE(E29_whom_the_list_newly_trusts_is_let_in_after_apply_changes_and_not_before) {
  const ByteArray carol{'c', 'a', 'r', 'o', 'l'};
  server.trust("s1", carol);
  BOOST_TEST(!server.open("c1", carol));
  server.apply_changes("s1");
  BOOST_TEST(wait_for("changes applied"));
  BOOST_TEST(server.open("c2", carol));
}

BOOST_AUTO_TEST_CASE(E30_the_new_certificate_is_shown_right_after_apply_changes_without_a_restart) {
  BOOST_TEST((server.certificate() == ByteArray{'o', 'l', 'd'}));
  server.push_certificate("s1", kNewCertificate);
  BOOST_TEST((server.certificate() == ByteArray{'o', 'l', 'd'}));
  server.apply_changes("s1");
  BOOST_TEST(wait_for("changes applied"));
  BOOST_TEST(server.certificate() == kNewCertificate);
  BOOST_TEST(!server.heard("shutdown in 5 s: the certificate changes"));
}

BOOST_AUTO_TEST_CASE(E31_transactions_are_supported_so_cancel_exists_and_all_that_stages_wants_apply_changes) {
  BOOST_TEST(configuration.SupportsTransactions());
  const auto session = TestServer::for_session("s1");
  BOOST_TEST(configuration.UpdateCertificate("https", "https", {1}, {}, "", {}, session));
  BOOST_TEST(list.SetTrustList(1, {{1}}, {}, {}, {}, session));
  const auto handle = list.Open(6, session);
  list.Write(handle, ByteArray(20), session);
  BOOST_TEST(list.CloseAndUpdate(handle, session));
  configuration.CancelChanges(session);
  BOOST_TEST(error_of([&] { configuration.ApplyChanges(session); }) == "NothingToDo");
}

BOOST_AUTO_TEST_CASE(E32_the_diagnostics_follow_the_transaction) {
  const auto session = TestServer::for_session("s1");
  BOOST_TEST(error_of([&] { configuration.GetTransactionDiagnostics({}); }) == "OutOfService");
  server.push_certificate("s1", {1});
  BOOST_TEST(result_of_transaction() == "InvalidState");
  BOOST_TEST(configuration.GetTransactionDiagnostics({}).at("end-time").get<uint64_t>() == 0u);
  configuration.CancelChanges(session);
  BOOST_TEST(result_of_transaction() == "RequestCancelledByClient");
  server.push_certificate("s1", {1});
  configuration.ApplyChanges(session);
  const auto diagnostics = configuration.GetTransactionDiagnostics(session);
  BOOST_TEST(diagnostics.at("result").get<std::string>() == "Good");
  BOOST_TEST(diagnostics.at("affected-certificate-groups").get<Texts>() == Texts{"https"});
  BOOST_TEST(diagnostics.at("affected-trust-lists").get<Texts>().empty());
  BOOST_TEST(diagnostics.at("end-time").get<uint64_t>() > diagnostics.at("start-time").get<uint64_t>());
}

BOOST_AUTO_TEST_CASE(E35_a_server_that_must_restart_is_told_when_and_why_after_the_answer) {
  server.push_certificate("s1", kNewCertificate);
  server.apply_changes("s1", {{"restart-required", sdbus::Variant(true)}});
  BOOST_TEST(wait_for("shutdown in 5 s: the certificate changes"));
  BOOST_TEST(
      (server.events() == Texts{"answer ApplyChanges", "changes applied", "shutdown in 5 s: the certificate changes"}));
}

BOOST_AUTO_TEST_CASE(E35_a_server_that_was_reset_is_told_to_restart_after_the_answer) {
  server.reset("s1");
  BOOST_TEST(wait_for("shutdown in 5 s: the certificate changes"));
  BOOST_TEST((server.events() == Texts{"answer ResetToServerDefaults", "shutdown in 5 s: the certificate changes"}));
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.server_configuration.resets; }) == Texts{"web"});
}

BOOST_AUTO_TEST_CASE(an_application_that_is_deleted_while_its_changes_are_applied_sends_no_signal) {
  BOOST_TEST(push_and_hold_the_answer());
  service.in_loop([](auto& ports, auto& bus_service) {
    bus_service.changes_applied("web", {"https"}, {});
    bus_service.application_removed("web");
    ports.transactions.release();
    return 0;
  });
  BOOST_TEST(wait_for("answer ApplyChanges"));
  dbus::RemoteAgent(*connection, "/org/edgeseal").Version();  // what was sent before is here now
  BOOST_TEST(!server.heard("changes applied"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
