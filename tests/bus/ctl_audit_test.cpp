// edgesealctl audit against the service on a private bus, and on copied files.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include "audit/log.h"
#include "audit/segment.h"
#include "tests/bus/ctl_fixture.h"
#include "tests/bus/needs_root.h"

namespace edgeseal::test {
namespace {

namespace fs = std::filesystem;

struct Fixture : CtlFixture {
  fs::path directory = bus.directory() / "audit";
  audit::DiskLogDirectory files{directory};
  std::vector<std::string> lines;
  audit::Link head;
  std::size_t written = 1;  // the loop's, of the lines that --follow sees

  Fixture() {
    audit::Entry::Time time{std::chrono::seconds(1'800'000'000)};
    audit::Log log(
        files, {}, [&] { return time += std::chrono::seconds(1); }, std::nullopt);
    for (const char* kind : {"Agent1.CreateApplication", "certificate-update-requested", "TrustList1.AddCertificate"}) {
      audit::Entry entry;
      entry.kind = kind;
      entry.object = "/org/edgeseal/application/web/https";
      entry.caller = audit::Caller{1000, "operator", 4711, "plant.service", ":1.7"};
      entry.outcome = kind[0] == 'T' ? "UserAccessDenied" : "success";
      entry.fields = {{"session", "s\x1b[2J"}};
      head = log.append(entry);
    }
    (void)audit::read_segment("", files.read(segment(), 100'000), [&](const audit::Line&, std::string_view bytes) {
      lines.emplace_back(bytes);
      return audit::Next::go_on;
    });
    change([this](auto& ports) { ports.audit_log.page = {lines, false}; });
  }
  [[nodiscard]] static std::string segment() { return audit::segment_name(1); }
  [[nodiscard]] std::string segment_path() const { return directory / segment(); }
  dbus::AuditQuery asked() {
    return service.in_loop([](auto& ports, auto&) { return ports.audit_log.last_query.value(); });
  }
  void flip_a_bit_of_the_second_entry() const {
    std::string content = content_of(segment_path());
    content[content.find('\n') + 40] ^= 1;
    std::ofstream(segment_path(), std::ios::binary) << content;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_audit, Fixture)

BOOST_AUTO_TEST_CASE(entries_are_listed_in_a_table_of_100_columns) {
  const auto result = ctl({"audit", "list"});
  BOOST_TEST(result.status == 0, result.err);
  BOOST_TEST(has(result.out, "ENTRY  TIME                  CALLER    WHAT"));
  BOOST_TEST(
      has(result.out, "1      2027-01-15T08:00:01Z  operator  Agent1.CreateApplication      web/https  success\n"));
  BOOST_TEST(has(result.out, "UserAccessD.."));
  std::istringstream shown(result.out);
  for (std::string line; std::getline(shown, line);) BOOST_TEST(line.size() <= 100u);
  BOOST_TEST(asked().newest);
  BOOST_TEST(asked().limit == 50u);
}

BOOST_AUTO_TEST_CASE(the_filters_are_those_of_the_bus) {
  BOOST_TEST(ctl({"audit", "list", "--since", "2027-01-15T08:00:00Z", "--kind", "TrustList1.*", "--caller", "operator",
                  "--object", "/org/edgeseal", "-n", "7"})
                 .status == 0);
  const auto query = asked();
  BOOST_TEST(query.since == 1'800'000'000'000'000u);
  BOOST_TEST(query.kind == "TrustList1.*");
  BOOST_TEST(query.caller == "operator");
  BOOST_TEST(query.object == "/org/edgeseal");
  BOOST_TEST(query.limit == 7u);
  BOOST_TEST(ctl({"audit", "list", "--since", "2h"}).status == 0);
  BOOST_TEST(asked().since > 1'600'000'000'000'000u);
  BOOST_TEST(ctl({"audit", "list", "--since", "9999-12-31T23:59:59Z"}).status == 0);
  BOOST_TEST(asked().since == 253'402'300'799'000'000u);
  for (const char* bad : {"yesterday", "2027-01-15", "2027-01-15T08:00:00Zx"})
    BOOST_TEST(ctl({"audit", "list", "--since", bad}).status == 2);
  BOOST_TEST(ctl({"audit", "list", "-n", "257"}).status == 2);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_said_with_how_to_see_it) {
  BOOST_TEST(!has(ctl({"audit", "list"}).out, "There are"));
  change([](auto& ports) { ports.audit_log.page.more = true; });
  BOOST_TEST(has(ctl({"audit", "list"}).out, "\nThere are older ones: --count shows more"));
  BOOST_TEST(
      has(ctl({"audit", "list", "--after", "0"}).out, "\nThere are more, with the same options and: --after 3\n"));
  BOOST_TEST(!asked().newest);
  BOOST_TEST(ctl({"audit", "list", "--after", "17", "--since", "2h"}).status == 0);
  BOOST_TEST(asked().after == 17u);
  BOOST_TEST(ctl_json({"audit", "list"}).size() == 3u);
  BOOST_TEST(ctl({"audit", "list", "--after", "0", "--follow"}).status == 2);
}

BOOST_AUTO_TEST_CASE(programs_get_the_entries_as_they_stand_in_the_log) {
  const auto json = ctl_json({"audit", "list"});
  BOOST_REQUIRE(json.size() == 3u);
  BOOST_TEST(json[2].at("sequence") == 3);
  BOOST_TEST(json[2].at("outcome") == "UserAccessDenied");
  BOOST_TEST(json[2].at("caller").at("unit") == "plant.service");
  BOOST_TEST(json[2].at("hash") == audit::to_text(head.hash));
}

BOOST_AUTO_TEST_CASE(an_entry_is_shown_with_all_that_it_says) {
  change([this](auto& ports) { ports.audit_log.page = {{lines.at(2)}, false}; });
  const auto result = ctl({"audit", "show", "3"});
  BOOST_TEST(result.status == 0, result.err);
  BOOST_TEST(asked().after == 2u);
  for (const char* part : {"TrustList1.AddCertificate", "UserAccessDenied", "plant.service", "4711", ":1.7", "session"})
    BOOST_TEST(has(result.out, part));
  BOOST_TEST(!has(result.out, "\x1b"));
  BOOST_TEST(ctl({"audit", "show", "99"}).status == 1);
  BOOST_TEST(ctl({"audit", "show", "0"}).status == 2);
}

BOOST_AUTO_TEST_CASE(what_is_no_entry_is_not_believed) {
  change([](auto& ports) { ports.audit_log.page.entries[1][20] ^= 1; });
  const auto result = ctl({"audit", "list"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "hash"));
}

BOOST_AUTO_TEST_CASE(an_intact_log_has_exit_status_0_and_a_broken_one_1) {
  BOOST_TEST(ctl({"audit", "verify"}).status == 0);
  BOOST_TEST(has(ctl({"audit", "verify"}).out, "Head: 2:ab"));
  change([](auto& ports) {
    ports.audit_log.verdict = {.lost = 3,
                               .bad_entry = 17,
                               .head = "20:ab",
                               .anchor = "missing",
                               .problem = "it was changed",
                               .file = "x.jsonl"};
  });
  const auto result = ctl({"audit", "verify"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.out, "broken at entry 17 (x.jsonl): it was changed"));
  BOOST_TEST(has(result.out, "3 entries could not be written"));
  BOOST_TEST(has(result.out, "nothing sealed"));
  const auto json = ctl({"audit", "verify", "--json"});
  BOOST_TEST(json.status == 1);
  BOOST_TEST(nlohmann::json::parse(json.out).at("bad-entry") == 17);
}

BOOST_AUTO_TEST_CASE(the_running_log_must_have_an_entry_that_was_noted_elsewhere) {
  change([this](auto& ports) { ports.audit_log.page = {{lines.at(2)}, false}; });
  BOOST_TEST(ctl({"audit", "verify", "--head", to_text(head)}).status == 0);
  const auto forged = ctl({"audit", "verify", "--head", to_text(audit::Link{3, audit::hash_of("another")})});
  BOOST_TEST(forged.status == 1);
  BOOST_TEST(has(forged.out, "entry 3"));
  BOOST_TEST(ctl({"audit", "verify", "--head", "3"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_noted_entry_that_is_older_than_the_log_is_not_taken_for_compared) {
  change([](auto& ports) { ports.audit_log.verdict.first = 4; });
  const auto running = ctl({"audit", "verify", "--head", to_text(head)});
  BOOST_TEST(running.status == 1);
  BOOST_TEST(has(running.err, "the log begins with entry 4: it has no entry 3 any more"));
  service.end_service();
  const fs::path later = bus.directory() / audit::segment_name(3);
  std::ofstream(later, std::ios::binary) << lines.at(2) << "\n";
  const auto copied = ctl({"audit", "verify", "--file", later, "--head", to_text(audit::Link{2, head.hash})});
  BOOST_TEST(copied.status == 1);
  BOOST_TEST(has(copied.err, "the log begins with entry 3"));
  BOOST_TEST(ctl({"audit", "verify", "--file", later, "--head", to_text(head)}).status == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_no_intact_log) {
  service.end_service();
  const fs::path empty = bus.directory() / "empty", none = bus.directory() / "none.jsonl";
  fs::create_directory(empty);
  (void)std::ofstream(none);
  for (const auto& path : {empty, none}) {
    const auto result = ctl({"audit", "verify", "--file", path});
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, path.string() + " holds no entries of an audit log"));
    BOOST_TEST(has(result.err, "name the directory with the .jsonl files"));
    BOOST_TEST(ctl({"audit", "verify", "--file", path, "--head", to_text(head)}).status == 2);
  }
}

BOOST_AUTO_TEST_CASE(new_entries_that_cannot_be_written_are_told) {
  change([](auto& ports) { ports.audit_log.verdict.write_problem = "No space left on device"; });
  BOOST_TEST(has(ctl({"audit", "verify"}).out, "New entries cannot be written: No space left on device"));
  BOOST_TEST(ctl_json({"audit", "verify"}).at("write-problem") == "No space left on device");
}

BOOST_AUTO_TEST_CASE(copied_files_are_verified_without_an_agent) {
  service.end_service();
  for (const std::string& path : {segment_path(), directory.string()}) {
    const auto result = ctl({"audit", "verify", "--file", path, "--head", to_text(head)});
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(has(result.out, "3 entries from 1 on"));
    BOOST_TEST(has(result.out, to_text(head)));
  }
  BOOST_TEST(ctl({"audit", "verify", "--file", segment_path(), "--head", to_text(audit::Link{4, head.hash})}).status ==
             1);
  flip_a_bit_of_the_second_entry();
  const auto result = ctl({"audit", "verify", "--file", segment_path()});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.out, "broken at entry 2 (" + segment() + ")"));
  BOOST_TEST(ctl({"audit", "verify", "--file", "/nonexistent"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_link_to_copied_files_is_followed) {
  service.end_service();
  const fs::path link = bus.directory() / "latest";
  fs::create_directory_symlink(directory, link);
  const auto result = ctl({"audit", "verify", "--file", link});
  BOOST_TEST(result.status == 0, result.err);
  BOOST_TEST(has(result.out, "3 entries from 1 on"));
}

BOOST_AUTO_TEST_CASE(copied_files_that_can_not_be_read_are_not_taken_for_changed,
                     *boost::unit_test::precondition(is_root)) {
  service.end_service();
  const auto verify = [&](const fs::path& path) {
    return run_program({"setpriv", "--reuid=65534", "--clear-groups", EDGESEALCTL, "audit", "verify", "--file", path},
                       bus.directory());
  };
  fs::permissions(bus.directory(), fs::perms(0755));
  fs::permissions(directory, fs::perms::none);
  for (const fs::path& path : {directory, fs::path(segment_path()), directory / "nested"}) {
    const auto result = verify(path);
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "cannot read " + path.string() + ": Permission denied"), result.err);
  }
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_log_that_is_being_written_is_intact) {
  service.end_service();
  std::string content = content_of(segment_path());
  content.resize(content.size() - 10);
  std::ofstream(segment_path(), std::ios::binary) << content;
  const auto result = ctl({"audit", "verify", "--file", segment_path()});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "cut short"));
}

BOOST_AUTO_TEST_CASE(new_entries_are_shown_as_they_come) {
  change([this](auto& ports) {
    ports.audit_log.on_list = [this](const dbus::AuditQuery& query) {
      const auto after = std::min<std::size_t>(query.after, written);
      return dbus::AuditPage{
          {lines.begin() + static_cast<std::ptrdiff_t>(after), lines.begin() + static_cast<std::ptrdiff_t>(written)},
          false};
    };
  });
  std::thread agent([this] {
    (void)service.comes_true(
        [](auto& ports, auto&) { return ports.audit_log.last_query && ports.audit_log.last_query->after == 1; });
    service.in_loop([this](auto&, auto& bus_service) { return written = 3, bus_service.audit_kept(3), 0; });
  });
  const auto result = run_program(
      {"bash", "-c",
       "coproc '" EDGESEALCTL "' audit list --follow --json; pid=$COPROC_PID; for i in 1 2 3; do read -r line "
       "<&${COPROC[0]}; echo \"$line\"; done; kill $pid; wait $pid"},
      bus.directory());
  agent.join();
  BOOST_TEST(result.status == 128 + SIGTERM);
  BOOST_TEST(result.out == lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
