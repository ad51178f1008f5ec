#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/audit/audit.h"
#include "agent/audit/audit_log_ports.h"
#include "agent/audit/call_audit.h"
#include "agent/state/sqlite.h"
#include "audit/segment.h"
#include "tests/unit/agent/audit_log_fixture.h"

using namespace edgeseal;
using agent::AuditAnchor;
using agent::AuditLog;
using Finding = AuditAnchor::Finding;

namespace {

namespace fs = std::filesystem;

struct Fixture : test::AuditLogFixture {
  agent::Audit audit{[](const std::string&, const agent::Audit::Fields&) {}};

  Fixture() { log = start(); }
  // The agent ends and starts again.
  void restart() {
    stop();
    log = start();
  }
  static audit::Entry entry(const std::string& kind, std::optional<uid_t> uid = 0) {
    audit::Entry made;
    made.kind = kind;
    made.outcome = "success";
    if (uid) made.caller = audit::Caller{*uid, "somebody", 1, "", ":1.7"};
    return made;
  }
  std::vector<nlohmann::json> entries() {
    const auto page = value<audit::Page>(
        [&](auto answer) { log->list({}, audit::Which::oldest, audit::max_page_entries, std::move(answer)); });
    std::vector<nlohmann::json> all;
    for (const auto& line : page.lines) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  std::size_t count(std::string_view kind) {
    const auto all = entries();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& one) { return one.at("kind") == kind; }));
  }
  [[nodiscard]] std::string segment() const { return path + "/" + audit::segment_name(1); }
  [[nodiscard]] std::string content() const {
    std::ifstream file(segment(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(const std::string& text) const { std::ofstream(segment(), std::ios::binary) << text; }

  static auto says(const std::string& problem) {
    return
        [problem](const agent::Error& error) { return std::string(error.what()).find(problem) != std::string::npos; };
  }

  void refuse(uid_t uid, int times) {
    agent::CallAudit calls(*log, [] { return agent::LogLimit::Time{}; });
    for (int i = 0; i < times; ++i) {
      dbus::AuditRecord record;
      record.caller = {":1.9", uid, 1};
      record.member = "org.edgeseal.Agent1.DeleteApplication";
      record.object_path = "/org/edgeseal";
      record.error = "UserAccessDenied";
      calls.record(record);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_log, Fixture)

BOOST_AUTO_TEST_CASE(an_entry_is_in_the_file_at_once_and_told) {
  BOOST_TEST(log->keep(entry("a")).sequence == 1u);
  BOOST_TEST(content().find("\"kind\":\"a\"") != std::string::npos);
  BOOST_TEST((kept == std::vector<std::uint64_t>{1}));
}

BOOST_AUTO_TEST_CASE(it_is_synced_and_sealed_by_itself_with_no_command_of_the_tpm) {
  open_seal();
  const auto before = chip.counts();
  const audit::Link head = log->keep(entry("a"));
  const AuditAnchor anchor(state, seal);
  run_until([&] { return anchor.claimed() == head; });
  BOOST_TEST(chip.counts().seals == before.seals);
  BOOST_TEST(chip.counts().unseals == before.unseals);
  BOOST_TEST((verdict().anchor == Finding::matches));
  BOOST_TEST(verdict().intact());
}

BOOST_AUTO_TEST_CASE(what_ends_in_order_is_sealed_and_goes_on) {
  open_seal();
  const audit::Link head = log->keep(entry("a"));
  restart();
  open_seal();
  BOOST_TEST((AuditAnchor(state, seal).claimed() == head));
  BOOST_TEST(log->keep(entry("b")).sequence == 2u);
  BOOST_TEST(verdict().intact());
}

BOOST_AUTO_TEST_CASE(an_end_that_is_cut_off_while_no_agent_runs_is_noticed_and_stays_so) {
  open_seal();
  for (int i = 0; i < 3; ++i) (void)log->keep(entry("a"));
  stop();
  overwrite(content().substr(0, content().find('\n') + 1));
  log = start();
  open_seal();
  BOOST_TEST(!verdict().intact());
  BOOST_TEST(verdict().chain.broken.value().sequence == 2u);
  BOOST_TEST(count(audit::kind_broken) == 1u);
  restart();
  open_seal();
  BOOST_TEST(!verdict().intact());
  BOOST_TEST(count(audit::kind_broken) == 1u);
}

BOOST_AUTO_TEST_CASE(a_log_that_is_written_anew_with_hashes_that_fit_is_noticed) {
  open_seal();
  for (int i = 0; i < 3; ++i) (void)log->keep(entry("a"));
  stop();
  fs::remove_all(path);
  {
    audit::DiskLogDirectory files(path);
    audit::Log forged(
        files, {}, [] { return audit::Entry::Time{}; }, std::nullopt);
    for (int i = 0; i < 4; ++i) (void)forged.append(entry("nothing happened"));
  }
  log = start();
  open_seal();
  BOOST_TEST(!verdict().intact());
  BOOST_TEST(count(audit::kind_broken) == 1u);
}

BOOST_AUTO_TEST_CASE(a_record_of_the_disk_that_somebody_else_wrote_is_noticed) {
  open_seal();
  (void)log->keep(entry("a"));
  stop();
  tpm::Bytes record = state.record("audit-head").value();
  record[0] ^= std::byte{1};
  state.put_record("audit-head", record);
  log = start();
  BOOST_TEST((verdict().anchor == Finding::unchecked));
  open_seal();
  BOOST_TEST((verdict().anchor == Finding::forged));
  BOOST_TEST(!verdict().intact());
  restart();
  open_seal();
  BOOST_TEST(!verdict().intact());  // the log has it, though the record is its own again
}

BOOST_AUTO_TEST_CASE(a_record_that_is_missing_is_told_and_no_proof_of_a_forgery) {
  (void)log->keep(entry("a"));
  restart();  // the TPM was away, nothing could be sealed
  open_seal();
  BOOST_TEST((verdict().anchor == Finding::missing));
  BOOST_TEST(verdict().intact());
  BOOST_TEST(count("audit-anchor-missing") == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_changed_while_the_agent_runs_is_noticed) {
  for (int i = 0; i < 3; ++i) (void)log->keep(entry("a"));
  const std::string whole = content();
  overwrite(whole.substr(0, whole.size() - 10));
  BOOST_TEST(!verdict().intact());
  overwrite(whole);
  BOOST_TEST(verdict().intact());
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_holds_nobody_up) {
  log.reset();
  fs::remove_all(path);
  std::ofstream(path) << "no directory";
  log = start();
  BOOST_TEST(log->keep(entry("a")).sequence == 0u);
  BOOST_CHECK_EXCEPTION((void)verdict(), agent::Error, says("Not a directory"));
  BOOST_TEST(log->write_problem().find("Not a directory") != std::string::npos);
  fs::remove(path);
  BOOST_TEST(log->keep(entry("b")).sequence == 1u);
  BOOST_TEST(verdict().intact());
  BOOST_TEST(log->write_problem() == "");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_synced_says_so_until_it_can) {
  (void)log->keep(entry("a"));
  fs::rename(segment(), path + "/away");
  run_until([&] { return log->write_problem().find("No such file") != std::string::npos; });
  BOOST_TEST(verdict().write_problem == log->write_problem());
  fs::rename(path + "/away", segment());
  run_until([&] { return log->write_problem().empty(); });
  BOOST_TEST(verdict().write_problem == "");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_sealed_says_so_until_it_can) {
  open_seal();
  (void)log->keep(entry("a"));
  agent::Database database(directory.file("state") + "/state.db");
  database.execute("CREATE TRIGGER no_fact BEFORE INSERT ON fact BEGIN SELECT RAISE(ABORT, 'no space'); END");
  log->close();
  BOOST_TEST(log->write_problem().find("no space") != std::string::npos);
  database.execute("DROP TRIGGER no_fact");
  log->close();
  BOOST_TEST(log->write_problem() == "");
}

BOOST_AUTO_TEST_CASE(files_that_others_may_read_are_held_private_again) {
  (void)log->keep(entry("a"));
  fs::permissions(segment(), fs::perms(0644));
  restart();
  BOOST_TEST((fs::status(segment()).permissions() == fs::perms(0600)));
}

BOOST_AUTO_TEST_CASE(a_call_is_kept_with_caller_object_and_outcome_unless_it_only_read) {
  agent::CallAudit calls(*log, [] { return agent::LogLimit::Time{}; });
  dbus::AuditRecord record;
  record.caller = {":1.9", 0, ::getpid(), "session 7", "joe"};
  record.member = "org.edgeseal.Agent1.CreateApplication";
  record.object_path = "/org/edgeseal";
  record.success = true;
  calls.record(record);
  record.member = "org.edgeseal.Agent1.Describe";
  calls.record(record);
  record.success = false;
  record.error = "UserAccessDenied";
  calls.record(record);
  const auto all = entries();
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].at("kind") == "Agent1.CreateApplication");
  BOOST_TEST(all[0].at("outcome") == "success");
  BOOST_TEST(all[0].at("caller").at("account") == "root");
  BOOST_TEST(all[0].at("caller").at("bus-name") == ":1.9");
  BOOST_TEST(all[0].at("fields").at("session") == "session 7");
  BOOST_TEST(all[0].at("fields").at("user") == "joe");
  BOOST_TEST(all[1].at("kind") == "Agent1.Describe");
  BOOST_TEST(all[1].at("outcome") == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(what_happens_is_kept_with_who_and_what) {
  audit.use_log(*log);
  audit.record(agent::Level::notice, "trust-list-updated", "a new trust list is in use",
               {{"application", "opcua-server"}, {"group", "https"}, {"caller", ":1.7"}, {"uid", "0"}});
  audit.record(agent::Level::warning, "validation-failed", "no",
               {{"application", "web"}, {"result", "CertificateRevoked"}});
  audit.record(agent::Level::warning, "directory-drift", "mode 0777", {{"path", "/srv/pki"}});
  const auto all = entries();
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].at("outcome") == "success");
  BOOST_TEST(all[0].at("object") == "/org/edgeseal/application/opcua_2dserver/https");
  BOOST_TEST(all[0].at("caller").at("uid") == 0);
  BOOST_TEST(!all[0].at("fields").contains("caller"));
  BOOST_TEST(all[1].at("outcome") == "CertificateRevoked");
  BOOST_TEST(all[2].at("outcome") == "failure");
  BOOST_TEST(all[2].at("object") == "/srv/pki");
}

BOOST_AUTO_TEST_CASE(a_flood_of_refusals_of_one_account_is_condensed_and_those_of_others_are_kept) {
  refuse(4711, 5000);
  BOOST_TEST(entries().size() == 20u);
  refuse(4712, 1);
  refuse(0, 100);
  BOOST_TEST(entries().size() == 121u);
}

BOOST_AUTO_TEST_CASE(many_accounts_do_not_push_out_the_rest_either) {
  for (uid_t uid = 100'000; uid < 101'000; ++uid) refuse(uid, 30);
  BOOST_TEST(log->keep(entry("b")).sequence <= 401u);
}

BOOST_AUTO_TEST_CASE(whoever_may_change_something_does_not_fill_the_log_either) {
  for (int i = 0; i < 2000; ++i) (void)log->keep(entry("Application1.AddAccessRule", 1000));
  BOOST_TEST(kept.size() == 500u);
  for (int i = 0; i < 600; ++i) (void)log->keep(entry("root may", 0));
  BOOST_TEST(kept.size() == 1100u);
}

BOOST_AUTO_TEST_CASE(the_bus_is_told_the_first_bad_entry) {
  for (int i = 0; i < 3; ++i) (void)log->keep(entry("a"));
  std::string changed = content();
  changed[changed.find('\n') + 20] ^= 1;
  overwrite(changed);
  agent::AuditLogPorts ports(*log);
  std::optional<std::variant<dbus::AuditVerdict, dbus::CallError>> answer;
  ports.verify([&](auto outcome) { answer = std::move(outcome); });
  run_until([&] { return answer.has_value(); });
  const auto told = std::get<dbus::AuditVerdict>(*answer);
  BOOST_TEST(!told.intact);
  BOOST_TEST(told.bad_entry == 2u);
  BOOST_TEST(told.file == audit::segment_name(1));
  BOOST_TEST(told.problem.find("hash") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_bus_lists_pages_by_filter) {
  for (int i = 0; i < 5; ++i) (void)log->keep(entry(i % 2 == 0 ? "a" : "b"));
  agent::AuditLogPorts ports(*log);
  std::optional<std::variant<dbus::AuditPage, dbus::CallError>> answer;
  dbus::AuditQuery query;
  query.kind = "a";
  query.limit = 2;
  query.since = ~std::uint64_t{0} >> 2;
  ports.list(query, [&](auto outcome) { answer = std::move(outcome); });
  run_until([&] { return answer.has_value(); });
  BOOST_TEST(std::get<dbus::AuditPage>(*answer).entries.empty());
  answer.reset();
  query.since = 0;
  ports.list(query, [&](auto outcome) { answer = std::move(outcome); });
  run_until([&] { return answer.has_value(); });
  BOOST_TEST(std::get<dbus::AuditPage>(*answer).entries.size() == 2u);
  BOOST_TEST(std::get<dbus::AuditPage>(*answer).more);
}

BOOST_AUTO_TEST_SUITE_END()
