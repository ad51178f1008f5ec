// Servers that call for their clients: channel, role and arguments are judged in this order.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::Delegation;
using Options = std::map<std::string, sdbus::Variant>;
using ByteArray = std::vector<uint8_t>;
using Texts = std::vector<std::string>;

const std::string kPath = "/org/edgeseal/application/web";

Options client(const std::string& mode, const Texts& roles = {"SecurityAdmin"}) {
  return {{"session", sdbus::Variant(std::string("s1"))},
          {"security-mode", sdbus::Variant(mode)},
          {"roles", sdbus::Variant(roles)}};
}

Options with(Options options, const std::string& key, const sdbus::Variant& value) {
  options.insert_or_assign(key, value);
  return options;
}

struct Fixture {
  explicit Fixture(uid_t uid = 0) : connection(connect_as(uid)) {}

  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) {
                          ports.agent.add({"web", "urn:gw:web", "www", {}, {}, {"https"}, "bus"});
                          ports.accounts.uids = {{"web", kAccount}, {"device", kAccount}};
                        }};
  std::unique_ptr<sdbus::IConnection> connection;
  dbus::RemoteServerConfiguration server{*connection, kPath};
  dbus::RemoteTrustList list{*connection, kPath + "/https"};
  std::string message;

  std::string delete_certificate(const Options& options) {
    return error_of([&] { server.DeleteCertificate("https", "https", options); }, &message);
  }
  bool told(const std::string& part) const { return message.find(part) != std::string::npos; }
  std::vector<DescribedMethod> delegated_methods() const {
    auto methods = described_methods(*connection, objects_of("web"));
    std::erase_if(methods, [](const auto& method) { return method.declared.delegation == Delegation::None; });
    return methods;
  }
};

struct AccountFixture : Fixture {
  AccountFixture() : Fixture(kAccount) {}
};

}  // namespace

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_AUTO_TEST_SUITE(delegation)

BOOST_FIXTURE_TEST_CASE(E1_the_channel_is_judged_before_the_role_and_the_role_before_the_arguments, Fixture) {
  const sdbus::Variant bad(std::string("an option that no method has"));
  for (const auto& method : delegated_methods()) {
    BOOST_TEST_CONTEXT(method.declared.member) {
      BOOST_TEST(error_of_defaults(*connection, method, with(client("none", {}), "bad", bad)) ==
                 "SecurityModeInsufficient");
      BOOST_TEST(error_of_defaults(*connection, method, with(client("sign-and-encrypt", {}), "bad", bad)) ==
                 "UserAccessDenied");
      BOOST_TEST(error_of_defaults(*connection, method, with(client("sign-and-encrypt", {"Operator"}), "bad", bad)) ==
                 "UserAccessDenied");
      BOOST_TEST(error_of_defaults(*connection, method, with(client("sign-and-encrypt"), "bad", bad)) ==
                 "InvalidArgument");
    }
  }
}

BOOST_FIXTURE_TEST_CASE(E1_a_refused_call_reaches_no_port, Fixture) {
  for (const auto& method : delegated_methods()) {
    BOOST_TEST(error_of_defaults(*connection, method, client("none")) != "");
    BOOST_TEST(error_of_defaults(*connection, method, client("sign-and-encrypt", {"Engineer"})) != "");
  }
  const auto calls =
      service.in_loop([](auto& ports, auto&) { return ports.trust_lists.calls + ports.server_configuration.calls; });
  BOOST_TEST(calls == 0);
}

BOOST_FIXTURE_TEST_CASE(E2_what_carries_keys_and_requests_needs_an_encrypted_channel_all_else_accepts_signatures,
                        Fixture) {
  const std::set<std::string> encrypted{"CreateSigningRequest", "UpdateCertificate"};
  for (const auto& method : delegated_methods()) {
    BOOST_TEST_CONTEXT(method.declared.member) {
      const bool insufficient = error_of_defaults(*connection, method, client("sign")) == "SecurityModeInsufficient";
      BOOST_TEST(insufficient == encrypted.contains(method.name));
      BOOST_TEST(error_of_defaults(*connection, method, client("sign-and-encrypt")) != "SecurityModeInsufficient");
    }
  }
}

BOOST_FIXTURE_TEST_CASE(what_a_method_needs_of_the_channel_is_said, Fixture) {
  BOOST_TEST(error_of([&] { server.UpdateCertificate("", "https", {1}, {}, "", {}, client("sign")); }, &message) ==
             "SecurityModeInsufficient");
  BOOST_TEST(told("SignAndEncrypt"));
  BOOST_TEST(told("says sign;"));
  BOOST_TEST(delete_certificate({{"session", sdbus::Variant(std::string("s1"))}}) == "SecurityModeInsufficient");
  BOOST_TEST(told("says nothing"));
}

BOOST_FIXTURE_TEST_CASE(the_role_counts_by_name_and_by_node_id, Fixture) {
  for (const char* role : {"SecurityAdmin", "i=15704", "ns=0;i=15704"}) {
    BOOST_TEST(delete_certificate(client("sign", {"Observer", role})) == "");
  }
  BOOST_TEST(delete_certificate(client("sign", {"securityadmin"})) == "UserAccessDenied");
  BOOST_TEST(delete_certificate(client("sign", {"i=15705"})) == "UserAccessDenied");
  BOOST_TEST(told("SecurityAdmin"));
}

BOOST_FIXTURE_TEST_CASE(C7_a_client_needs_its_role_in_setup_too, Fixture) {
  service.in_loop([](auto& ports, auto&) { return ports.setup.info.state = "setup-open", 0; });
  BOOST_TEST(delete_certificate(client("sign-and-encrypt", {"Anonymous"})) == "UserAccessDenied");
  BOOST_TEST(delete_certificate(client("sign-and-encrypt")) == "");
}

BOOST_FIXTURE_TEST_CASE(options_of_a_client_have_their_types_and_bounds, Fixture) {
  const auto good = client("sign");
  BOOST_TEST(delete_certificate(client("signed")) == "InvalidArgument");
  BOOST_TEST(delete_certificate(with(good, "security-mode", sdbus::Variant(uint32_t{3}))) == "InvalidArgument");
  BOOST_TEST(delete_certificate(with(good, "session", sdbus::Variant(std::string()))) == "InvalidArgument");
  BOOST_TEST(told("\"session\""));
  BOOST_TEST(delete_certificate(with(good, "session", sdbus::Variant(std::string(257, 's')))) == "InvalidArgument");
  BOOST_TEST(delete_certificate(with(good, "session", sdbus::Variant(std::string(256, 's')))) == "");
  BOOST_TEST(delete_certificate(with(good, "user", sdbus::Variant(std::string(257, 'u')))) == "InvalidArgument");
  BOOST_TEST(delete_certificate(with(good, "roles", sdbus::Variant(Texts(65, "SecurityAdmin")))) == "InvalidArgument");
  BOOST_TEST(delete_certificate(with(good, "client-certificate", sdbus::Variant(ByteArray(65537)))) ==
             "InvalidArgument");
}

BOOST_FIXTURE_TEST_CASE(port_and_audit_learn_for_whom_a_server_calls, Fixture) {
  auto options = with(client("sign"), "user", sdbus::Variant(std::string("alice")));
  options = with(options, "client-certificate", sdbus::Variant(ByteArray{1, 2}));
  BOOST_TEST(delete_certificate(options) == "");
  const auto caller = service.in_loop([](auto& ports, auto&) { return ports.server_configuration.last_caller; });
  BOOST_TEST(caller.session == "s1");
  BOOST_TEST(caller.user == "alice");
  BOOST_TEST((caller.client_certificate == dbus::Bytes{std::byte{1}, std::byte{2}}));
  BOOST_TEST(caller.uid == 0u);
  BOOST_TEST(delete_certificate(with(options, "roles", sdbus::Variant(Texts{}))) == "UserAccessDenied");
  const auto record = service.in_loop([](auto& ports, auto&) { return ports.audit.records.back(); });
  BOOST_TEST(record.caller.user == "alice");
  BOOST_TEST(record.error == "UserAccessDenied");
}

BOOST_FIXTURE_TEST_CASE(sessions_of_one_server_have_transactions_of_their_own, Fixture) {
  BOOST_TEST(delete_certificate(client("sign")) == "");
  const auto other = with(client("sign"), "session", sdbus::Variant(std::string("s2")));
  BOOST_TEST(delete_certificate(other) == "TransactionPending");
  BOOST_TEST(error_of([&] { server.ApplyChanges(other); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { server.CancelChanges(client("sign")); }) == "");
  BOOST_TEST(delete_certificate(other) == "");
}

BOOST_FIXTURE_TEST_CASE(an_administrator_calls_for_himself_and_may_stage_and_apply, Fixture) {
  BOOST_TEST(delete_certificate({}) == "");
  BOOST_TEST(error_of([&] { server.ApplyChanges({}); }) == "");
  const auto caller = service.in_loop([](auto& ports, auto&) { return ports.server_configuration.last_caller; });
  BOOST_TEST(caller.session == "");
}

BOOST_FIXTURE_TEST_CASE(the_account_of_an_application_is_let_in_for_its_clients_alone_and_told_so, AccountFixture) {
  for (const auto& method : delegated_methods()) {
    BOOST_TEST_CONTEXT(method.declared.member) {
      const bool alone = method.declared.delegation == Delegation::Optional;
      BOOST_TEST((error_of_defaults(*connection, method) == "UserAccessDenied") == !alone);
      BOOST_TEST(error_of_defaults(*connection, method, client("sign-and-encrypt")) != "UserAccessDenied");
    }
  }
  BOOST_TEST(delete_certificate({}) == "UserAccessDenied");
  BOOST_TEST(told("for one of its clients: options session, security-mode and roles"));
}

BOOST_FIXTURE_TEST_CASE(the_account_of_an_application_reads_its_own_list_and_validates_peers_by_itself,
                        AccountFixture) {
  BOOST_TEST(error_of([&] { list.GetTrustList(15, {}); }) == "");
  BOOST_TEST(error_of([&] { list.Validate({{1}}, {}); }) == "CertificateUntrusted");
  BOOST_TEST(error_of([&] { server.GetTransactionDiagnostics({}); }) == "OutOfService");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
