// Applications and their accounts: what the account of one may do with another, and with the device.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::Privilege;
using Options = std::map<std::string, sdbus::Variant>;

// A client as good as can be.
const Options kClient{{"session", sdbus::Variant(std::string("s1"))},
                      {"security-mode", sdbus::Variant(std::string("sign-and-encrypt"))},
                      {"roles", sdbus::Variant(std::vector<std::string>{"SecurityAdmin"})}};

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) {
                          ports.agent.add({"a", "urn:a", "account", {}, {}, {"https"}, "bus"});
                          ports.agent.add({"b", "urn:b", "another", {}, {}, {"https"}, "bus"});
                          ports.accounts.uids = {{"a", kAccount}, {"b", kNobody}};
                        }};
  std::unique_ptr<sdbus::IConnection> account = connect_as(kAccount);

  std::string error_as_account(const DescribedMethod& method) {
    return error_of_defaults(*account, method,
                             method.declared.delegation == dbus::Delegation::None ? Options{} : kClient);
  }
};

}  // namespace

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_SUITE(isolation, Fixture)

BOOST_AUTO_TEST_CASE(every_declared_method_is_on_one_of_the_objects_that_these_tests_call) {
  std::set<std::string_view> described;
  for (const auto& method : described_methods(*account, objects_of("b"))) described.insert(method.declared.member);
  for (const auto& method : dbus::kDeclaredMethods) {
    BOOST_TEST_CONTEXT(method.member) {
      BOOST_TEST(described.contains(method.member));
    }
  }
}

BOOST_AUTO_TEST_CASE(D7_the_account_of_an_application_is_refused_every_method_of_another_that_is_not_public) {
  for (const auto& method : described_methods(*account, objects_of("b"))) {
    if (method.declared.privilege == Privilege::Inspect) continue;
    if (method.declared.privilege == Privilege::Inhibit) continue;  // that is for the account of every application
    BOOST_TEST_CONTEXT(method.declared.member) {
      BOOST_TEST(error_as_account(method) == "UserAccessDenied");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_account_of_an_application_is_let_in_to_its_certificates_and_trust_lists) {
  auto own = objects_of("a");
  own.erase(own.begin(), own.begin() + 3);  // the root, the device and the job are others'
  for (const auto& method : described_methods(*account, own)) {
    const bool its_own = dbus::belongs_to_applications(method.declared.privilege);
    if (method.declared.privilege == Privilege::Inspect) continue;
    service.in_loop([](auto& ports, auto&) { return ports.transactions.active.clear(), 0; });
    BOOST_TEST_CONTEXT(method.declared.member) {
      BOOST_TEST((error_as_account(method) == "UserAccessDenied") == !its_own);
    }
  }
}

// What is public is that on purpose: this list grows by a decision, not by an oversight.
BOOST_AUTO_TEST_CASE(what_everybody_may_call_changes_nothing_and_tells_no_secret) {
  std::set<std::string_view> open_to_all;
  for (const auto& method : dbus::kDeclaredMethods) {
    if (method.privilege == Privilege::Inspect) open_to_all.insert(method.member);
  }
  const std::set<std::string_view> expected{"org.edgeseal.Agent1.Describe",
                                            "org.edgeseal.Agent1.GetManufacturerKeys",
                                            "org.edgeseal.Agent1.GetPcrs",
                                            "org.edgeseal.Agent1.PreparePcrApproval",
                                            "org.edgeseal.CertificateGroup1.GetCertificates",
                                            "org.edgeseal.DeviceIdentity1.GetIdentities",
                                            "org.edgeseal.Metrics1.GetMetrics",
                                            "org.edgeseal.Onboarding1.GetEndpoints",
                                            "org.edgeseal.Onboarding1.RequestTickets",
                                            "org.edgeseal.Onboarding1.VerifyTicket"};
  BOOST_TEST(open_to_all == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(D7_a_trust_list_is_changed_by_nobody_else) {
  const auto stranger = connect_as(kNobody);
  dbus::RemoteTrustList list(*stranger, "/org/edgeseal/application/a/https");
  BOOST_TEST(error_of([&] { list.AddCertificate({1}, true, {}); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { list.AddCertificate({1}, true, kClient); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { list.SetTrustList(15, {{1}}, {}, {}, {}, kClient); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { list.Open(6, kClient); }) == "UserAccessDenied");
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.trust_lists.calls; }) == 0);
  dbus::RemoteTrustList by_account(*account, "/org/edgeseal/application/a/https");
  BOOST_TEST(error_of([&] { by_account.AddCertificate({1}, true, kClient); }) == "");
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.trust_lists.calls; }) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
