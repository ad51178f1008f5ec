#include "agent/audit/audit_budget.h"

#include <boost/test/unit_test.hpp>
#include <cstdio>

using namespace std::chrono_literals;
using namespace edgeseal;
using agent::AuditBudget;

namespace {

constexpr uid_t nobody_knows = static_cast<uid_t>(-1);

audit::Entry called(uid_t uid, const std::string& bus_name, const std::string& outcome) {
  audit::Entry entry;
  entry.kind = "Agent1.DeleteApplication";
  entry.caller = audit::Caller{uid, "", -1, "", bus_name};
  entry.outcome = outcome;
  return entry;
}

audit::Entry refused(uid_t uid) {
  return called(uid, ":1.7", "UserAccessDenied");
}

audit::Entry happened(const std::string& kind, const std::string& application) {
  audit::Entry entry;
  entry.kind = kind;
  entry.fields = {{"application", application}};
  return entry;
}

struct Fixture {
  AuditBudget::Time now{1h};
  AuditBudget budget;

  bool admits(const audit::Entry& entry) { return budget.admit(entry, now).has_value(); }
  int admitted(int times, const audit::Entry& entry) {
    int admitted = 0;
    for (int i = 0; i < times; ++i) admitted += admits(entry) ? 1 : 0;
    return admitted;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_budget, Fixture)

BOOST_AUTO_TEST_CASE(callers_that_nobody_knows_yet_take_nothing_from_what_the_agent_does_itself) {
  BOOST_TEST(admitted(1000, refused(nobody_knows)) == 20);
  for (uid_t uid = 1000; uid < 1100; ++uid) (void)admitted(30, refused(uid));
  for (const char* owner : {"configuration", "bundle", "staged-trust", "enrolment"})
    BOOST_TEST(admitted(100, called(nobody_knows, owner, "StorageFailed")) == 100);
}

BOOST_AUTO_TEST_CASE(a_part_of_the_agent_is_bounded_too_and_takes_nothing_from_another) {
  BOOST_TEST(admitted(1000, called(nobody_knows, "configuration", "StorageFailed")) == 500);
  BOOST_TEST(admits(called(nobody_knows, "bundle", "StorageFailed")));
}

BOOST_AUTO_TEST_CASE(a_caller_without_a_name_is_no_part_of_the_agent) {
  BOOST_TEST(admitted(100, called(nobody_knows, "", "LimitsExceeded")) == 20);
}

BOOST_AUTO_TEST_CASE(peers_on_the_network_take_nothing_from_what_happens_to_the_application) {
  BOOST_TEST(admitted(1000, happened("validation-failed", "web")) == 500);
  BOOST_TEST(admitted(100, happened("validation-error-suppressed", "web")) == 0);
  BOOST_TEST(admitted(100, happened("directory-drift", "web")) == 100);
  BOOST_TEST(admits(happened("changes-rolled-back", "web")));
  BOOST_TEST(admits(happened("validation-failed", "mail")));
}

BOOST_AUTO_TEST_CASE(many_accounts_take_nothing_from_what_nobody_called_for) {
  for (uid_t uid = 1000; uid < 3000; ++uid) (void)admits(called(uid, ":1.7", "success"));
  BOOST_TEST(admits(called(nobody_knows, "configuration", "StorageFailed")));
  BOOST_TEST(admits(happened("directory-drift", "web")));
}

BOOST_AUTO_TEST_CASE(what_the_limit_of_all_refusals_leaves_out_is_counted_and_told) {
  for (uid_t uid = 1000; uid < 1020; ++uid) BOOST_TEST(admitted(20, refused(uid)) == 20);
  BOOST_TEST(admitted(7, refused(2000)) == 0);
  BOOST_TEST(admitted(3, refused(2001)) == 0);
  now += 5min;
  BOOST_TEST(budget.admit(refused(2002), now).value() == " (and 10 more of others)");
  now += 5min;
  BOOST_TEST(budget.admit(refused(2000), now).value() == "");
}

BOOST_AUTO_TEST_CASE(a_limit_of_all_that_is_spent_takes_no_allowance_of_an_account) {
  for (uid_t uid = 1000; uid < 1020; ++uid) BOOST_TEST(admitted(20, refused(uid)) == 20);
  BOOST_TEST(admitted(100, refused(2000)) == 0);
  now += 400 * 5min;
  BOOST_TEST(admitted(100, refused(2000)) == 20);
}

BOOST_AUTO_TEST_CASE(each_refusal_is_told_or_counted_once_however_many_accounts_there_are) {
  std::size_t told = 0;
  const auto refuse = [&](uid_t uid) {
    const auto more = budget.admit(refused(uid), now);
    if (!more) return;
    std::size_t like_it = 0, of_others = 0;
    if (std::sscanf(more->c_str(), " (and %zu more like it, %zu of others)", &like_it, &of_others) != 2 &&
        std::sscanf(more->c_str(), " (and %zu more", &like_it) != 1)
      like_it = 0;
    told += 1 + like_it + of_others;
  };
  for (uid_t uid = 1; uid <= 1000; ++uid)
    for (int times = 0; times < 30; ++times) refuse(uid);
  now += 24h;
  for (uid_t uid = 1; uid <= 300; ++uid) refuse(uid);
  now += 24h;
  refuse(1);
  BOOST_TEST(told == 30'301u);
}

BOOST_AUTO_TEST_SUITE_END()
