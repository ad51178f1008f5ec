#include "agent/audit/audit.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/certificates/transactions.h"
#include "tests/unit/agent/audit_log_run.h"

using namespace edgeseal;
using agent::Audit;
using agent::Level;

namespace {

struct Fixture : test::AuditLogRun {
  Audit::Fields signalled;
  Audit audit{[this](const std::string&, const Audit::Fields& fields) { signalled = fields; }};

  Fixture() {
    audit.use_log(*log);
    (void)test::take_journal();
  }
  nlohmann::json last_entry() {
    const auto page =
        value<audit::Page>([&](auto answer) { log->list({}, audit::Which::newest, 1, std::move(answer)); });
    return nlohmann::json::parse(page.lines.at(0));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit, Fixture)

BOOST_AUTO_TEST_CASE(log_and_journal_say_who_called_and_the_signal_to_everybody_does_not) {
  const dbus::Caller caller{":1.7", 0, 4711, "session-1", "joe", agent::Bytes(3)};
  Audit::Fields fields = agent::fields_of(agent::owner_of(caller));
  fields["user"] = caller.user;
  fields["group"] = "https";
  audit.record(Level::notice, "trust-list-updated", "a new trust list is in use", fields);
  BOOST_TEST((signalled == Audit::Fields{{"group", "https"}, {"message", "a new trust list is in use"}}));
  const auto entry = last_entry();
  BOOST_TEST(entry.at("caller").at("bus-name") == ":1.7");
  BOOST_TEST(entry.at("fields").at("session") == "session-1");
  BOOST_TEST(entry.at("fields").contains("client-thumbprint"));
  const auto journal = journal_with("EDGESEAL_KIND");
  BOOST_REQUIRE(journal.size() == 1u);
  for (const char* name : {"CALLER", "UID", "PID", "SESSION", "USER", "CLIENT_THUMBPRINT", "AUDIT_SEQUENCE"})
    BOOST_TEST(journal[0].contains(std::string("EDGESEAL_") + name), name);
}

// What a peer on the network can cause as often as he likes must not drive out of the journal what others did.
BOOST_AUTO_TEST_CASE(what_the_log_leaves_out_is_bounded_in_the_journal_and_keeps_no_other_event_from_it) {
  constexpr std::size_t admitted = 500, times = 1000;
  const auto refuse_peer = [this](const std::string& application) {
    audit.record(Level::warning, "validation-failed", "a peer is refused", {{"application", application}});
  };
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < times; ++i) refuse_peer("web");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const auto of_web = journal_with("EDGESEAL_KIND");
  const std::size_t bound = admitted + agent::CallLog::entries_a_minute;
  BOOST_TEST(of_web.size() >= bound);
  BOOST_TEST(of_web.size() <= bound + seconds.count() + 2);  // what it earns meanwhile: one a second
  refuse_peer("mail");
  BOOST_TEST(journal_with("EDGESEAL_KIND").size() == 1u);
  audit.record(Level::warning, "directory-drift", "a file was changed", {{"application", "web"}});
  BOOST_TEST(journal_with("EDGESEAL_KIND").size() == 1u);
  BOOST_TEST(signalled.at("message") == "a file was changed");
}

BOOST_AUTO_TEST_CASE(the_journal_has_all_that_the_disk_keeps_from_the_log) {
  constexpr std::size_t times = 200;
  log.reset();
  std::filesystem::remove_all(path);
  std::ofstream(path) << "no directory";
  audit.use_log(open());
  (void)test::take_journal();
  for (std::size_t i = 0; i < times; ++i)
    audit.record(Level::notice, "trust-list-updated", "a new trust list is in use", {});
  BOOST_TEST(journal_with("EDGESEAL_KIND").size() == times);
}

BOOST_AUTO_TEST_CASE(the_journal_has_each_kind_under_the_id_that_explains_it) {
  audit.record(Level::notice, "trust-list-updated", "a new trust list is in use", {});
  audit.record(Level::warning, "validation-failed", "a peer is refused", {});
  const auto journal = journal_with("EDGESEAL_KIND");
  BOOST_REQUIRE(journal.size() == 2u);
  BOOST_TEST(journal[0].at("MESSAGE_ID") == agent::audit_ids::changed.text);
  BOOST_TEST(journal[1].at("MESSAGE_ID") == agent::audit_ids::peer_refused.text);
}

BOOST_AUTO_TEST_CASE(what_the_log_says_of_itself_has_an_id) {
  for (const std::string_view kind : {edgeseal::audit::kind_removed, edgeseal::audit::kind_gap,
                                      edgeseal::audit::kind_repaired, edgeseal::audit::kind_broken})
    BOOST_TEST(agent::AuditKind::of(kind).name() == kind);
  BOOST_CHECK_THROW((void)agent::AuditKind::of("nothing-known"), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_session_that_is_no_callers_is_signalled) {
  audit.record(Level::notice, "bundle-staged", "a bundle waits for its PIN", {{"session", "42"}});
  BOOST_TEST(signalled.at("session") == "42");
}

BOOST_AUTO_TEST_SUITE_END()
