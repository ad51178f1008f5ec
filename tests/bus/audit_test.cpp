// Audit1: who may read the log, what is asked of the port, what comes back.

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "dbus/audited_calls.h"
#include "dbus/generated/privileges.h"
#include "tests/bus/bus_client.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using Options = std::map<std::string, sdbus::Variant>;

constexpr gid_t kAdminGid = 12;  // "man", which every Debian and its like has

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{.admin_group = "man", .polkit = {}}, [](auto& ports) {
                          ports.agent.add({"web", "urn:web", "www", {}, {}, {"https"}, "bus"});
                          ports.accounts.uids = {{"web", kAccount}};
                          ports.audit_log.page = {{R"({"sequence":1})", R"({"sequence":2})"}, true};
                        }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteAudit audit{*connection, "/org/edgeseal"};
  std::string message;

  std::string error_of_list(const Options& options) {
    return error_of([&] { audit.List(options); }, &message);
  }
  dbus::AuditQuery asked() {
    return service.in_loop([](auto& ports, auto&) { return ports.audit_log.last_query.value(); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit, Fixture)

BOOST_AUTO_TEST_CASE(a_page_of_the_log_comes_as_it_stands_there) {
  const auto [entries, more] = audit.List({{"after", sdbus::Variant(std::uint64_t{7})},
                                           {"since", sdbus::Variant(std::uint64_t{1'000'000})},
                                           {"kind", sdbus::Variant(std::string("TrustList1.*"))},
                                           {"caller", sdbus::Variant(std::string("operator"))},
                                           {"object", sdbus::Variant(std::string("/org/edgeseal"))},
                                           {"limit", sdbus::Variant(std::uint32_t{256})},
                                           {"newest", sdbus::Variant(true)}});
  BOOST_TEST((entries == std::vector<std::string>{R"({"sequence":1})", R"({"sequence":2})"}));
  BOOST_TEST(more);
  const auto query = asked();
  BOOST_TEST(query.after == 7u);
  BOOST_TEST(query.since == 1'000'000u);
  BOOST_TEST(query.kind == "TrustList1.*");
  BOOST_TEST(query.caller == "operator");
  BOOST_TEST(query.object == "/org/edgeseal");
  BOOST_TEST(query.limit == 256u);
  BOOST_TEST(query.newest);
}

BOOST_AUTO_TEST_CASE(without_options_the_oldest_are_listed) {
  (void)audit.List({});
  BOOST_TEST(asked().limit == 100u);
  BOOST_TEST(asked().after == 0u);
  BOOST_TEST(!asked().newest);
}

BOOST_AUTO_TEST_CASE(options_beyond_their_bounds_are_refused) {
  BOOST_TEST(error_of_list({{"limit", sdbus::Variant(std::uint32_t{0})}}) == "InvalidArgument");
  BOOST_TEST(error_of_list({{"limit", sdbus::Variant(std::uint32_t{257})}}) == "InvalidArgument");
  BOOST_TEST(error_of_list({{"kind", sdbus::Variant(std::string(257, 'x'))}}) == "InvalidArgument");
  BOOST_TEST(error_of_list({{"after", sdbus::Variant(std::string("1"))}}) == "InvalidArgument");
  BOOST_TEST(error_of_list({{"before", sdbus::Variant(std::uint64_t{1})}}) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(the_verdict_names_the_first_bad_entry) {
  service.in_loop([](auto& ports, auto&) {
    ports.audit_log.verdict = {.bad_entry = 17,
                               .head = "20:ab",
                               .anchor = "forged",
                               .problem = "changed",
                               .file = "x",
                               .write_problem = "full"};
    return 0;
  });
  const auto verdict = audit.Verify();
  BOOST_TEST(!verdict.at("intact").get<bool>());
  BOOST_TEST(verdict.at("bad-entry").get<std::uint64_t>() == 17u);
  BOOST_TEST(verdict.at("head").get<std::string>() == "20:ab");
  BOOST_TEST(verdict.at("anchor").get<std::string>() == "forged");
  BOOST_TEST(verdict.at("problem").get<std::string>() == "changed");
  BOOST_TEST(verdict.at("write-problem").get<std::string>() == "full");
  BOOST_TEST(verdict.at("file").get<std::string>() == "x");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_is_told) {
  service.in_loop([](auto& ports, auto&) {
    ports.audit_log.fault.set(dbus::CallError("ResourceUnavailable", "the audit log cannot be read"));
    return 0;
  });
  BOOST_TEST(error_of([&] { audit.Verify(); }, &message) == "ResourceUnavailable");
  BOOST_TEST(message == "the audit log cannot be read");
}

BOOST_AUTO_TEST_CASE(a_new_entry_is_signalled) {
  std::uint64_t heard = 0;
  const auto match = dbus::compat::add_match(*connection, "type='signal',interface='org.edgeseal.Audit1',member='Kept'",
                                             [&](auto* signal) { sd_bus_message_read(signal, "t", &heard); });
  service.in_loop([](auto&, auto& bus_service) { return bus_service.audit_kept(42), 0; });
  BOOST_TEST(pump_until(*connection, [&] { return heard != 0; }));
  BOOST_TEST(heard == 42u);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_AUTO_TEST_CASE(who_called_is_for_administrators_alone) {
  for (const uid_t uid : {kNobody, kAccount}) {
    const auto other = connect_as(uid);
    dbus::RemoteAudit remote(*other, "/org/edgeseal");
    BOOST_TEST(error_of([&] { remote.List({}); }, &message) == "UserAccessDenied");
    BOOST_TEST(message.find("org.edgeseal.read-audit") != std::string::npos);
    BOOST_TEST(error_of([&] { remote.Verify(); }) == "UserAccessDenied");
  }
  const auto administrator = connect_as(kNobody, {kAdminGid});
  dbus::RemoteAudit remote(*administrator, "/org/edgeseal");
  BOOST_TEST(error_of([&] { remote.List({}); }) == "");
}

// Of what only reads, the log keeps refusals: this list grows by a decision, not by an oversight.
BOOST_AUTO_TEST_CASE(calls_that_change_something_are_always_kept) {
  // What comes to nothing without its end, and what is said again and again until it comes to something.
  constexpr std::array not_kept = {"org.edgeseal.TrustList1.Write", "org.edgeseal.Staging1.TakeDownload"};
  for (const auto& method : dbus::kDeclaredMethods) {
    BOOST_TEST_CONTEXT(method.member) {
      const bool kept = dbus::audited_calls(method.member) == dbus::AuditedCalls::All;
      if (method.privilege == dbus::Privilege::Inspect) BOOST_TEST(!kept);
      if (method.while_busy == dbus::WhileBusy::Refused)
        BOOST_TEST((kept || std::ranges::find(not_kept, method.member) != not_kept.end()));
    }
  }
  BOOST_TEST((dbus::audited_calls("org.edgeseal.Unknown1.Method") == dbus::AuditedCalls::All));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
