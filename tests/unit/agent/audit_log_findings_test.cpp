// What the audit log finds out about itself, and whom it tells.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "audit/segment.h"
#include "tests/fakes/fake_journal.h"
#include "tests/unit/agent/audit_log_fixture.h"

using namespace edgeseal;
using agent::AuditAnchor;
using agent::AuditLog;

namespace {

namespace fs = std::filesystem;

struct Fixture : test::AuditLogFixture {
  std::vector<test::JournalEntry> journal = test::take_journal();  // of before; then what is told
  std::vector<std::string> told;

  Fixture() { log = start(); }
  std::unique_ptr<AuditLog> start() {
    auto made = AuditLogFixture::start({audit::max_line_size, 3});
    made->tell([this](const std::string& kind, const auto& fields) {
      BOOST_TEST(fields.contains("message"));
      told.push_back(kind);
    });
    return made;
  }
  static audit::Entry entry(const std::string& kind) {
    audit::Entry made;
    made.kind = kind;
    made.message = std::string(1000, 'x');
    made.caller = audit::Caller{0, "root", 1, "", ":1.7"};
    return made;
  }
  audit::Link keep(int times) {
    audit::Link last;
    for (int i = 0; i < times; ++i) last = log->keep(entry("a"));
    return last;
  }
  [[nodiscard]] std::size_t segments() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  // Of this priority of syslog, with a message that begins so.
  [[nodiscard]] bool journal_has(const std::string& priority, const std::string& beginning) {
    for (auto& entry : test::take_journal()) journal.push_back(std::move(entry));
    return std::ranges::any_of(journal, [&](const test::JournalEntry& entry) {
      return entry.at("PRIORITY") == priority && entry.at("MESSAGE").starts_with(beginning);
    });
  }
  [[nodiscard]] bool has_told(std::string_view kind) const { return std::ranges::find(told, kind) != told.end(); }
  void forge_a_log_that_began_with(std::uint64_t first) const {
    audit::Entry removal;
    removal.sequence = first;
    removal.kind = audit::kind_removed;
    const audit::Hash previous = audit::hash_of("anything");
    removal.fields = {{"last", std::to_string(first - 1)}, {"hash", audit::to_text(previous)}};
    audit::DiskLogDirectory(path).append(audit::segment_name(first), audit::write_line(removal, previous).text);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_log_findings, Fixture)

BOOST_AUTO_TEST_CASE(a_log_whose_front_was_exchanged_while_no_agent_ran_is_told_to_everybody) {
  open_seal();
  const audit::Link head = keep(5);
  stop();
  fs::remove_all(path);
  forge_a_log_that_began_with(head.sequence + 1);
  log = start();
  BOOST_TEST(told.empty());  // nobody is there yet who could be told
  (void)keep(1);
  open_seal();
  BOOST_TEST(has_told(audit::kind_broken));
  BOOST_TEST(journal_has("3", "the audit log: the audit log is not as it was written"));
  BOOST_TEST(kept.back() == head.sequence + 3);
  BOOST_TEST(kept.at(kept.size() - 2) == head.sequence + 2);
  BOOST_TEST(!verdict().intact());
}

BOOST_AUTO_TEST_CASE(the_oldest_segment_stays_until_the_tpm_has_sealed_what_says_that_it_goes) {
  open_seal();
  (void)keep(1);
  stop();
  log = start();
  open_seal();
  (void)keep(50);
  BOOST_TEST(has_told(audit::kind_removed));
  BOOST_TEST(segments() > 3u);
  BOOST_TEST(verdict().intact());
  const AuditAnchor anchor(state, seal);
  run_until([&] { return anchor.claimed() && segments() == 3u; });
  BOOST_TEST(verdict().intact());
  BOOST_TEST(verdict().chain.first > 1u);
  (void)keep(50);
  log.reset();  // killed
  log = start();
  (void)keep(1);
  open_seal();
  BOOST_TEST(!has_told(audit::kind_broken));
  BOOST_TEST(verdict().intact());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_told_then_and_again_when_it_can) {
  open_seal();
  (void)keep(3);
  stop();
  log = start();  // and the TPM is away
  BOOST_TEST(keep(200).sequence == 0u);
  BOOST_TEST(segments() == 6u);
  BOOST_TEST(verdict().write_problem.find("the TPM has not sealed") != std::string::npos);
  BOOST_TEST(verdict().intact());
  open_seal();
  run_until([&] { return segments() == 3u; });
  BOOST_TEST(keep(1).sequence != 0u);
  BOOST_TEST(has_told(audit::kind_gap));
  BOOST_TEST(journal_has("4", "the audit log: so many entries could not be written"));
  BOOST_TEST(verdict().write_problem.empty());
  BOOST_TEST(verdict().chain.lost > 0u);
}

BOOST_AUTO_TEST_CASE(an_anchor_that_is_missing_or_forged_is_told) {
  (void)keep(1);
  stop();
  log = start();
  open_seal();
  BOOST_TEST(has_told("audit-anchor-missing"));
  BOOST_TEST(journal_has("4", "the audit log: there is an audit log, and nothing sealed"));
  (void)keep(1);
  stop();
  agent::Bytes record = state.record("audit-head").value();
  record[0] ^= std::byte{1};
  state.put_record("audit-head", record);
  log = start();
  open_seal();
  BOOST_TEST(has_told(audit::kind_broken));
  BOOST_TEST(journal_has("3", "the audit log: what the disk says"));
}

BOOST_AUTO_TEST_SUITE_END()
