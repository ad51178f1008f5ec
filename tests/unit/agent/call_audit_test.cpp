#include "agent/audit/call_audit.h"

#include <pwd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/agent/audit_log_run.h"

using namespace edgeseal;

namespace {

int account_questions = 0;

struct Fixture : test::AuditLogRun {
  Fixture() { (void)test::take_journal(); }

  static std::vector<std::uint64_t> numbers_in(const std::vector<test::JournalEntry>& journal) {
    std::vector<std::uint64_t> numbers;
    for (const test::JournalEntry& entry : journal)
      if (entry.contains("EDGESEAL_AUDIT_SEQUENCE"))
        numbers.push_back(std::stoull(entry.at("EDGESEAL_AUDIT_SEQUENCE")));
    return numbers;
  }
};

}  // namespace

// The account database of this program, which knows root and counts who asks.
extern "C" int getpwuid_r(uid_t uid, passwd* entry, char*, std::size_t, passwd** found) {
  static char root[] = "root";
  ++account_questions;
  entry->pw_name = root;
  *found = uid == 0 ? entry : nullptr;
  return 0;
}

BOOST_FIXTURE_TEST_SUITE(call_audit, Fixture)

BOOST_AUTO_TEST_CASE(the_journal_has_number_and_hash_of_each_entry_that_the_log_keeps) {
  record(300, call(0, "CreateApplication"));
  BOOST_TEST(kept.size() == 300u);
  const auto journal = journal_with("EDGESEAL_MEMBER");
  BOOST_TEST(numbers_in(journal) == kept, boost::test_tools::per_element());
  for (const auto& entry : journal) BOOST_TEST(entry.at("EDGESEAL_AUDIT_HASH").size() == 64u);
  BOOST_TEST(journal.back().at("MESSAGE") ==
             "org.edgeseal.Agent1.CreateApplication on /org/edgeseal by uid 0: allowed and done");
}

BOOST_AUTO_TEST_CASE(the_journal_has_caller_object_and_outcome_of_a_call) {
  record(1, call(0, "CreateApplication"));
  record(1, call(4711, "DeleteApplication", "UserAccessDenied"));
  const auto journal = journal_with("EDGESEAL_MEMBER");
  BOOST_REQUIRE(journal.size() == 2u);
  BOOST_TEST(journal[0].at("EDGESEAL_CALLER") == ":1.9");
  BOOST_TEST(journal[0].at("EDGESEAL_OBJECT") == "/org/edgeseal");
  BOOST_TEST(journal[0].at("EDGESEAL_RESULT") == "success");
  BOOST_TEST(journal[1].at("EDGESEAL_CALLER_UID") == "4711");
  BOOST_TEST(journal[1].at("EDGESEAL_RESULT") == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(of_what_the_log_leaves_out_the_journal_has_so_much_of_each_account) {
  record(1000, call(4711, "DeleteApplication", "UserAccessDenied"));
  BOOST_TEST(kept.size() == 20u);
  const auto journal = journal_with("EDGESEAL_MEMBER");
  BOOST_TEST(numbers_in(journal) == kept, boost::test_tools::per_element());
  BOOST_TEST(journal.size() == 20u + agent::CallLog::entries_a_minute);
}

BOOST_AUTO_TEST_CASE(what_only_read_is_in_the_journal_alone) {
  record(1000, call(0, "Describe"));
  BOOST_TEST(kept.empty());
  BOOST_TEST(journal_with("EDGESEAL_MEMBER").size() == agent::CallLog::entries_a_minute);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_names_of_callers_whose_entries_are_left_out) {
  for (uid_t uid = 10'000; uid < 10'020; ++uid) record(20, call(uid, "DeleteApplication", "UserAccessDenied"));
  BOOST_TEST(kept.size() == 400u);
  const int before = account_questions;
  for (uid_t uid = 20'000; uid < 21'000; ++uid) calls.record(call(uid, "DeleteApplication", "UserAccessDenied"));
  BOOST_TEST(kept.size() == 400u);
  BOOST_TEST(account_questions == before);
}

BOOST_AUTO_TEST_CASE(the_name_of_an_account_is_not_asked_for_again_with_each_call) {
  const int before = account_questions;
  record(300, call(0, "CreateApplication"));
  BOOST_TEST(account_questions == before + 1);
}

BOOST_AUTO_TEST_SUITE_END()
