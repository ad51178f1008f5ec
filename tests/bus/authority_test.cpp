// Who may do what: with polkit, without it, for root, for the account of an application and for everybody else.

#include <boost/test/unit_test.hpp>

#include <chrono>

#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/bus/fake_polkit.h"
#include "tests/bus/memory_file.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using namespace std::chrono_literals;
using Mood = FakePolkit::Mood;

constexpr gid_t kAdminGid = 12;  // "man", which every Debian and its like has

dbus::ServiceSettings settings(const dbus::PolkitLimits& polkit = {}) {
  return {.admin_group = "man", .polkit = polkit};
}

// A caller of one account with the objects that it calls.
struct Client {
  explicit Client(uid_t uid, const std::vector<gid_t>& groups = {}) : connection(connect_as(uid, groups)) {}

  std::string create() {
    return error_of([this] { agent.CreateApplication("new", {}); }, &message);
  }
  std::string change() {
    return error_of([this] { group.UpdateCertificate("https", {1}, {}, {}); }, &message);
  }
  std::string describe() {
    return error_of([this] { agent.Describe(); }, &message);
  }
  bool told(const std::string& part) const { return message.find(part) != std::string::npos; }

  std::unique_ptr<sdbus::IConnection> connection;
  dbus::RemoteAgent agent{*connection, "/org/edgeseal"};
  dbus::RemoteApplication application{*connection, "/org/edgeseal/application/web"};
  dbus::RemoteGroup group{*connection, "/org/edgeseal/application/web/https"};
  std::string message;
};

struct Fixture {
  PrivateBus bus;
  ServiceThread service{settings(), [](auto& ports) {
                          ports.agent.add({"web", "urn:web", "www", {}, {}, {"https"}, "bus"});
                          ports.agent.add({"other", "urn:other", "", {}, {}, {"https"}, "bus"});
                          ports.accounts.uids = {{"web", kAccount}};
                        }};

  dbus::AuditRecord last_record() {
    return service.in_loop([](auto& ports, auto&) { return ports.audit.records.back(); });
  }
};

struct Impatient {
  PrivateBus bus;
  ServiceThread service{settings({.answer = 50ms})};
};

}  // namespace

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_SUITE(authority, Fixture)

BOOST_AUTO_TEST_CASE(root_may_without_polkit_and_against_it) {
  BOOST_TEST(Client(0).create() == "");
  const FakePolkit polkit(Mood::No);
  BOOST_TEST(Client(0).change() == "");
  BOOST_TEST(!polkit.last());
}

BOOST_AUTO_TEST_CASE(without_polkit_a_stranger_may_inspect_and_nothing_else) {
  Client stranger(kNobody);
  BOOST_TEST(stranger.describe() == "");
  BOOST_TEST(error_of([&] { stranger.group.GetCertificates(); }) == "");
  BOOST_TEST(stranger.agent.Version() == "1.2.3");
  BOOST_TEST(stranger.create() == "UserAccessDenied");
  BOOST_TEST(stranger.told("org.edgeseal.manage-applications"));
  BOOST_TEST(stranger.told("group man"));
  BOOST_TEST(stranger.change() == "UserAccessDenied");
  BOOST_TEST(stranger.told("org.edgeseal.manage-certificates"));
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_group_only_where_its_members_may) {
  Client administrator(kNobody, {kAdminGid});
  BOOST_TEST(error_of([&] { administrator.agent.ReportPresence("console", {}); }, &administrator.message) ==
             "UserAccessDenied");
  BOOST_TEST(administrator.told("else be root"));
  BOOST_TEST(!administrator.told("group"));
  dbus::RemoteStaging staging(*administrator.connection, "/org/edgeseal");
  BOOST_TEST(error_of([&] { (void)staging.TakeDownload("https://a.example.com/"); }, &administrator.message) ==
             "UserAccessDenied");
  BOOST_TEST(administrator.told("[enrolment]"));
  BOOST_TEST(!administrator.told("group"));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_audited_with_the_caller) {
  Client(kNobody).create();
  const auto record = last_record();
  BOOST_TEST(record.caller.uid == kNobody);
  BOOST_TEST(record.caller.pid == getpid());
  BOOST_TEST(!record.success);
  BOOST_TEST(record.error == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(without_polkit_members_of_the_group_administer) {
  Client administrator(kNobody, {kAdminGid});
  BOOST_TEST(administrator.create() == "");
  BOOST_TEST(administrator.change() == "");
}

BOOST_AUTO_TEST_CASE(with_polkit_the_group_alone_is_not_enough) {
  const FakePolkit polkit(Mood::No);
  BOOST_TEST(Client(kNobody, {kAdminGid}).create() == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(the_account_of_an_application_changes_its_certificates_only) {
  Client account(kAccount);
  BOOST_TEST(account.change() == "");
  BOOST_TEST(account.create() == "UserAccessDenied");
  dbus::RemoteGroup other(*account.connection, "/org/edgeseal/application/other/https");
  BOOST_TEST(error_of([&] { other.UpdateCertificate("https", {1}, {}, {}); }) == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(the_account_of_an_application_lets_nobody_else_use_its_keys) {
  Client account(kAccount);
  BOOST_TEST(error_of([&] { account.application.AddAccessRule("user=nobody"); }, &account.message) ==
             "UserAccessDenied");
  BOOST_TEST(account.told("org.edgeseal.manage-applications"));
  BOOST_TEST(account.application.Access().empty());
  BOOST_TEST(Client(0).application.AddAccessRule("user=nobody"));
  BOOST_TEST(last_record().success);
  BOOST_TEST(last_record().member == "org.edgeseal.Application1.AddAccessRule");
}

BOOST_AUTO_TEST_CASE(the_account_of_an_application_makes_and_certifies_its_keys_but_takes_none_out) {
  Client account(kAccount);
  BOOST_TEST(error_of([&] { account.group.CreateSelfSignedCertificate("https", {}); }) == "");
  BOOST_TEST(error_of([&] { account.group.ImportPrivateKey("https", memory_file("key"), {}); }) == "");
  BOOST_TEST(error_of([&] { account.group.CertifyKey("https", {1}, {}); }) == "");
  BOOST_TEST(error_of([&] { account.group.ExportTssPrivateKey("https", {}); }, &account.message) == "UserAccessDenied");
  BOOST_TEST(account.told("org.edgeseal.manage-keys"));
}

BOOST_AUTO_TEST_CASE(without_polkit_the_keys_of_all_are_for_members_of_the_group) {
  Client administrator(kNobody, {kAdminGid});
  BOOST_TEST(error_of([&] { administrator.group.ExportTssPrivateKey("https", {}); }) == "");
  BOOST_TEST(error_of([&] { administrator.agent.ActivateCredential("rsa-2048", {1}, {1}); }) == "");
  Client stranger(kNobody);
  BOOST_TEST(error_of([&] { stranger.agent.GetPcrs({0}); }) == "");
  BOOST_TEST(error_of([&] { stranger.agent.GetManufacturerKeys(); }) == "");
  BOOST_TEST(error_of([&] { stranger.agent.ActivateCredential("rsa-2048", {1}, {1}); }) == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(polkit_is_asked_for_the_caller_and_the_action) {
  const FakePolkit polkit(Mood::Yes);
  Client stranger(kNobody);
  BOOST_TEST(stranger.create() == "");
  BOOST_REQUIRE(polkit.last());
  BOOST_TEST(polkit.last()->bus_name == std::string(stranger.connection->getUniqueName()));
  BOOST_TEST(polkit.last()->action == "org.edgeseal.manage-applications");
  BOOST_TEST(!polkit.last()->interactive);
}

BOOST_AUTO_TEST_CASE(polkit_may_ask_the_user_only_when_the_call_says_so) {
  const FakePolkit polkit(Mood::Yes);
  Client stranger(kNobody);
  dbus::compat::allow_interaction(*stranger.connection);
  BOOST_TEST(stranger.change() == "");
  BOOST_REQUIRE(polkit.last());
  BOOST_TEST(polkit.last()->interactive);
}

BOOST_AUTO_TEST_CASE(polkit_refuses) {
  const FakePolkit polkit(Mood::No);
  Client stranger(kNobody);
  BOOST_TEST(stranger.create() == "UserAccessDenied");
  BOOST_TEST(stranger.told("polkit refused"));
  BOOST_TEST(!stranger.told("group man"));  // which its rules don't know
  BOOST_TEST(stranger.describe() == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(polkit_wants_the_user_to_authenticate) {
  const FakePolkit polkit(Mood::Challenge);
  Client stranger(kNobody);
  BOOST_TEST(stranger.create() == "UserAccessDenied");
  BOOST_TEST(stranger.told("authenticate"));
}

BOOST_FIXTURE_TEST_CASE(polkit_that_never_answers_is_a_refusal_in_time, Impatient) {
  const FakePolkit polkit(Mood::Silence);
  Client stranger(kNobody, {kAdminGid});
  BOOST_TEST(stranger.create() == "UserAccessDenied");
  BOOST_TEST(stranger.told("did not answer"));
}

BOOST_AUTO_TEST_CASE(polkit_that_fails_is_a_refusal) {
  const FakePolkit polkit(Mood::Error);
  BOOST_TEST(Client(kNobody, {kAdminGid}).create() == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(a_broken_list_of_accounts_is_a_refusal) {
  service.in_loop([](auto& ports, auto&) { return ports.accounts.broken = true; });
  BOOST_TEST(Client(kNobody).change() == "InternalError");
  BOOST_TEST(Client(0).change() == "");
}

BOOST_AUTO_TEST_CASE(a_caller_that_leaves_while_polkit_thinks_leaves_no_transaction_behind) {
  const FakePolkit polkit(Mood::Silence);
  auto leaving = std::make_unique<Client>(kNobody);
  dbus::compat::allow_interaction(*leaving->connection);
  auto proxy = sdbus::createProxy(*leaving->connection, dbus::compat::ServiceName("org.edgeseal.Agent1"),
                                  sdbus::ObjectPath("/org/edgeseal/application/web/https"));
  proxy->callMethodAsync("CancelChanges")
      .onInterface("org.edgeseal.CertificateGroup1")
      .uponReplyInvoke([](dbus::compat::AsyncError) {});
  BOOST_TEST(pump_until(*leaving->connection, [&] { return polkit.last().has_value(); }));
  proxy.reset();
  leaving.reset();
  Client root(0);
  BOOST_TEST(pump_until(*root.connection, [&] {
    return service.in_loop([](auto& ports, auto&) { return !ports.audit.records.empty(); });
  }));
  BOOST_TEST(last_record().error == "RequestCancelledByClient");
  BOOST_TEST(last_record().caller.uid != 0u);
}

BOOST_AUTO_TEST_CASE(every_method_that_is_not_for_inspection_is_refused_to_a_stranger) {
  const Client stranger(kNobody);
  for (const auto& method : described_methods(*stranger.connection, objects_of("web"))) {
    if (method.declared.privilege == dbus::Privilege::Inspect) continue;
    BOOST_TEST_CONTEXT(method.declared.member) {
      BOOST_TEST(error_of_defaults(*stranger.connection, method) == "UserAccessDenied");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(an_empty_administrators_group_means_root_only, *boost::unit_test::precondition(is_root)) {
  const PrivateBus bus;
  const ServiceThread service({.admin_group = "", .polkit = {}});
  BOOST_TEST(Client(kNobody, {kAdminGid}).create() == "UserAccessDenied");
  BOOST_TEST(Client(0).create() == "");
}

BOOST_AUTO_TEST_CASE(an_administrators_group_that_does_not_exist_has_no_members,
                     *boost::unit_test::precondition(is_root)) {
  const PrivateBus bus;
  const ServiceThread service({.admin_group = "no-such-group", .polkit = {}});
  BOOST_TEST(Client(kNobody, {kAdminGid}).create() == "UserAccessDenied");
}

}  // namespace edgeseal::test
