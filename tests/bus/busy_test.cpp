// Busy1: who may inhibit, and what every method does meanwhile.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <set>

#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/bus/heard_busy.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::WhileBusy;
using Options = std::map<std::string, sdbus::Variant>;

constexpr gid_t kAdminGid = 12;  // "man", which every Debian and its like has

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{.admin_group = "man", .polkit = {}}, [](auto& ports) {
                          ports.agent.add({"web", "urn:web", "www", {}, {}, {"https"}, "bus"});
                          ports.accounts.uids = {{"web", kAccount}};
                        }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteBusy busy{*connection, "/org/edgeseal"};
  std::string message;

  std::string error_of_inhibit(const std::string& who, const std::string& why, const Options& options = {}) {
    return error_of([&] { busy.Inhibit(who, why, options); }, &message);
  }
  std::string error_as(uid_t uid, const std::vector<gid_t>& groups = {}) {
    const auto other = connect_as(uid, groups);
    dbus::RemoteBusy remote(*other, "/org/edgeseal");
    return error_of([&] { remote.Inhibit("somebody", "a test", {}); }, &message);
  }
  template <class Change>
  void change(Change change_port) {
    service.in_loop([&](auto& ports, auto&) { return change_port(ports.busy), 0; });
  }
  bool told(const std::string& part) const { return message.find(part) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(busy, Fixture)

BOOST_AUTO_TEST_CASE(H7_what_changes_something_is_refused_with_who_and_why_and_the_rest_is_answered) {
  change([](auto& port) { port.held = {{"plc", "a batch runs", 0, 1, "", 1}}; });
  for (const auto& method : described_methods(*connection, objects_of("web"))) {
    const std::string error = error_of_defaults(*connection, method);
    BOOST_TEST_CONTEXT(method.declared.member << ": " << error) {
      BOOST_TEST((error == "ServerTooBusy") == (method.declared.while_busy == WhileBusy::Refused));
    }
    change([](auto& port) { port.held.resize(1); });
  }
  dbus::RemoteAgent agent(*connection, "/org/edgeseal");
  BOOST_TEST(error_of([&] { agent.CreateApplication("new", {}); }, &message) == "ServerTooBusy");
  BOOST_TEST(message == "busy: plc: a batch runs");
  BOOST_TEST(agent.Version() == "1.2.3");
}

// Allowed is what is decided to be allowed: this list grows by a decision, not by an oversight.
BOOST_AUTO_TEST_CASE(W19_what_is_answered_while_busy_changes_nothing_that_programs_use) {
  const std::set<std::string_view> of_this_interface{"org.edgeseal.Busy1.Inhibit", "org.edgeseal.Busy1.ContactWhenFree",
                                                     "org.edgeseal.Busy1.TakeContact"};
  const std::set<std::string_view> ends_of_changes{
      "org.edgeseal.CertificateGroup1.CancelChanges", "org.edgeseal.CertificateGroup1.ConfirmChanges",
      "org.edgeseal.ServerConfiguration1.CancelChanges", "org.edgeseal.ServerConfiguration1.ConfirmChanges",
      "org.edgeseal.TrustList1.Close"};
  // A window for first trust is opened by people who stand there; what comes through it is refused.
  const std::set<std::string_view> windows_of_setup{
      "org.edgeseal.Setup1.MakeOneTimePassword", "org.edgeseal.Setup1.SubmitOneTimePassword",
      "org.edgeseal.Setup1.ReportPresence", "org.edgeseal.Setup1.CloseWindow"};
  // First trust that is in force on trial: it must not be lost, or kept, because somebody is busy.
  const std::set<std::string_view> first_contacts{
      "org.edgeseal.Staging1.ReportContact", "org.edgeseal.Bundle1.ReportContact", "org.edgeseal.Bundle1.TakeTan",
      "org.edgeseal.Bundle1.TakeOneTimeSecret", "org.edgeseal.Bundle1.DiscardBundle"};
  // What an authority, or the server of a staged file, has answered is kept, and put into force afterwards.
  const std::set<std::string_view> answers_of_authorities{
      "org.edgeseal.Job1.Cancel",         "org.edgeseal.Job1.Report",
      "org.edgeseal.Job1.ProposeAnchors", "org.edgeseal.Job1.DeliverAnchors",
      "org.edgeseal.Job1.Deliver",        "org.edgeseal.Job1.Wait",
      "org.edgeseal.Job1.Fail",           "org.edgeseal.Staging1.ReportDownload"};
  // Whether an authority is there: nothing is asked of it, and nothing is kept.
  const std::set<std::string_view> looks_at_authorities{"org.edgeseal.Enrolment1.CheckAuthorities",
                                                        "org.edgeseal.Enrolment1.TakeContact",
                                                        "org.edgeseal.Enrolment1.ReportContact"};
  const std::set<std::string_view> answers_to_verifiers{"org.edgeseal.Agent1.ActivateCredential",
                                                        "org.edgeseal.CertificateGroup1.CertifyKey"};
  const std::set<std::string_view> reads{"org.edgeseal.Audit1.List",
                                         "org.edgeseal.Audit1.Verify",
                                         "org.edgeseal.CertificateGroup1.ExportTssPrivateKey",
                                         "org.edgeseal.Configuration1.Plan",
                                         "org.edgeseal.ServerConfiguration1.GetCertificates",
                                         "org.edgeseal.ServerConfiguration1.GetRejectedList",
                                         "org.edgeseal.ServerConfiguration1.GetTransactionDiagnostics",
                                         "org.edgeseal.TrustDirectories1.Audit",
                                         "org.edgeseal.TrustDirectories1.PlanAdoption",
                                         "org.edgeseal.TrustList1.Open",
                                         "org.edgeseal.TrustList1.OpenWithMasks",
                                         "org.edgeseal.TrustList1.Read",
                                         "org.edgeseal.TrustList1.GetPosition",
                                         "org.edgeseal.TrustList1.SetPosition",
                                         "org.edgeseal.TrustList1.GetTrustList",
                                         "org.edgeseal.TrustList1.GetRejectedList",
                                         "org.edgeseal.TrustList1.Validate"};
  for (const auto& method : dbus::kDeclaredMethods) {
    const bool expected = method.privilege == dbus::Privilege::Inspect || of_this_interface.contains(method.member) ||
                          ends_of_changes.contains(method.member) || windows_of_setup.contains(method.member) ||
                          first_contacts.contains(method.member) || answers_to_verifiers.contains(method.member) ||
                          answers_of_authorities.contains(method.member) ||
                          looks_at_authorities.contains(method.member) || reads.contains(method.member);
    BOOST_TEST_CONTEXT(method.member) {
      BOOST_TEST((method.while_busy == WhileBusy::Allowed) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_delegated_call_is_refused_after_channel_and_role_and_before_its_arguments) {
  change([](auto& port) { port.held = {{"plc", "a batch runs", 0, 1, "", 1}}; });
  dbus::RemoteServerConfiguration server(*connection, "/org/edgeseal/application/web");
  const sdbus::Variant session(std::string("s1")), bad(std::string("no such option"));
  const auto call = [&](const std::string& mode, const std::vector<std::string>& roles) {
    return error_of([&] {
      server.DeleteCertificate("", "",
                               {{"session", session},
                                {"security-mode", sdbus::Variant(mode)},
                                {"roles", sdbus::Variant(roles)},
                                {"bad", bad}});
    });
  };
  BOOST_TEST(call("none", {"SecurityAdmin"}) == "SecurityModeInsufficient");
  BOOST_TEST(call("sign-and-encrypt", {}) == "UserAccessDenied");
  BOOST_TEST(call("sign-and-encrypt", {"SecurityAdmin"}) == "ServerTooBusy");
}

BOOST_AUTO_TEST_CASE(who_and_why_are_bounded_and_printable) {
  BOOST_TEST(error_of_inhibit("", "x") == "InvalidArgument");
  BOOST_TEST(error_of_inhibit("x", "") == "InvalidArgument");
  BOOST_TEST(error_of_inhibit(std::string(64, 'x'), std::string(256, 'y')) == "");
  BOOST_TEST(error_of_inhibit(std::string(65, 'x'), "y") == "InvalidArgument");
  BOOST_TEST(error_of_inhibit("x", std::string(257, 'y')) == "InvalidArgument");
  BOOST_TEST(error_of_inhibit("x", "two\nlines") == "InvalidArgument");
  BOOST_TEST(told("why"));
  BOOST_TEST(error_of_inhibit("\x1b[2J", "y") == "InvalidArgument");
  BOOST_TEST(error_of_inhibit("Prüfstand 7", "Messung läuft") == "");
  BOOST_TEST(error_of_inhibit("x", "y", {{"mode", sdbus::Variant(std::string("delay"))}}) == "InvalidArgument");
  BOOST_TEST(told("\"mode\""));
}

BOOST_AUTO_TEST_CASE(inhibitors_are_shown_with_their_holders) {
  BOOST_TEST(!busy.Busy());
  busy.Inhibit("plc", "a batch runs", {});
  BOOST_TEST(busy.Busy());
  const auto all = busy.Inhibitors();
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0].size() == 6u);
  BOOST_TEST(all[0].at("who").get<std::string>() == "plc");
  BOOST_TEST(all[0].at("why").get<std::string>() == "a batch runs");
  BOOST_TEST(all[0].at("uid").get<uint32_t>() == geteuid());
  BOOST_TEST(all[0].at("pid").get<uint32_t>() == static_cast<uint32_t>(getpid()));
  BOOST_TEST(all[0].at("unit").get<std::string>() == "test.service");
  BOOST_TEST(all[0].at("since").get<uint64_t>() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_granted_is_one_end_of_a_pipe) {
  const auto inhibitor = busy.Inhibit("plc", "a batch runs", {});
  BOOST_TEST(inhibitor.isValid());
  BOOST_TEST(::write(inhibitor.get(), "x", 0) == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_port_reaches_the_caller) {
  change([](auto& port) { port.most = 0; });
  BOOST_TEST(error_of_inhibit("x", "y") == "TooManyOperations");
}

BOOST_AUTO_TEST_CASE(the_contact_goes_to_one_caller_once_it_is_due) {
  HeardBusy heard(*connection);
  BOOST_TEST(!busy.TakeContact());
  busy.Inhibit("plc", "a batch runs", {});
  busy.ContactWhenFree();
  BOOST_TEST(busy.ContactPending());
  BOOST_TEST(!busy.TakeContact());
  change([](auto& port) { port.release(); });
  BOOST_TEST(pump_until(*connection, [&] { return heard.due > 0; }));
  BOOST_TEST(busy.TakeContact());
  BOOST_TEST(!busy.TakeContact());
  BOOST_TEST(!busy.ContactPending());
  BOOST_TEST(heard.due == 1);
}

BOOST_AUTO_TEST_CASE(changes_of_the_properties_are_signalled) {
  std::vector<std::string> invalidated;
  std::map<std::string, sdbus::Variant> changed;
  auto proxy =
      sdbus::createProxy(*connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath("/org/edgeseal"));
  proxy->uponSignal("PropertiesChanged")
      .onInterface("org.freedesktop.DBus.Properties")
      .call([&](const std::string& interface, const std::map<std::string, sdbus::Variant>& values,
                const std::vector<std::string>& names) {
        if (interface != "org.edgeseal.Busy1") return;
        changed = values;
        invalidated = names;
      });
#if !EDGESEAL_SDBUS_2
  proxy->finishRegistration();
#endif
  busy.Inhibit("plc", "a batch runs", {});
  BOOST_TEST(pump_until(*connection, [&] { return !changed.empty(); }));
  BOOST_TEST(changed.at("Busy").get<bool>());
  BOOST_TEST(invalidated == std::vector<std::string>{"Inhibitors"}, boost::test_tools::per_element());
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_AUTO_TEST_CASE(the_account_of_an_application_and_administrators_may_inhibit_and_nobody_else) {
  BOOST_TEST(error_as(0) == "");
  BOOST_TEST(error_as(kAccount) == "");
  BOOST_TEST(error_as(kNobody, {kAdminGid}) == "");
  BOOST_TEST(error_as(kNobody) == "UserAccessDenied");
  BOOST_TEST(told("org.edgeseal.inhibit"));
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_AUTO_TEST_CASE(the_account_of_an_application_takes_no_contact_away) {
  const auto account = connect_as(kAccount);
  dbus::RemoteBusy remote(*account, "/org/edgeseal");
  BOOST_TEST(error_of([&] { remote.ContactWhenFree(); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { remote.TakeContact(); }) == "UserAccessDenied");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
