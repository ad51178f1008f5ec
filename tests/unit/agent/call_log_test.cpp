#include "agent/audit/call_log.h"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using edgeseal::agent::CallLog;
using edgeseal::agent::LogLimit;
using edgeseal::dbus::AuditRecord;

namespace {

struct Fixture {
  LogLimit::Time now{1s};
  CallLog calls{[this] { return now; }};

  std::optional<std::string> entry(uid_t account, const std::string& member, const std::string& error = "") {
    AuditRecord record;
    record.caller.uid = account;
    record.member = "org.edgeseal.Agent1." + member;
    record.object_path = "/org/edgeseal";
    record.success = error.empty();
    record.error = error;
    return calls.entry(record);
  }
  int entries(int count, uid_t account, const std::string& member, const std::string& error = "") {
    int entries = 0;
    for (int i = 0; i < count; ++i) entries += entry(account, member, error) ? 1 : 0;
    return entries;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(call_log, Fixture)

BOOST_AUTO_TEST_CASE(an_entry_says_what_who_and_how_it_ended) {
  BOOST_TEST(entry(7, "Describe").value() ==
             "org.edgeseal.Agent1.Describe on /org/edgeseal by uid 7: allowed and done");
  BOOST_TEST(entry(7, "DeleteApplication", "UserAccessDenied").value() ==
             "org.edgeseal.Agent1.DeleteApplication on /org/edgeseal by uid 7: refused: UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(a_flood_of_refusals_is_condensed_and_counted) {
  BOOST_TEST(entries(10'000, 7, "DeleteApplication", "UserAccessDenied") == 60);
  now += 60s;
  BOOST_TEST(entry(7, "Describe").value().ends_with("(and 9940 more like it)"));
}

BOOST_AUTO_TEST_CASE(what_is_only_read_is_condensed_with_the_refusals) {
  BOOST_TEST(entries(60, 7, "Describe") == 60);
  BOOST_TEST(entries(60, 7, "DeleteApplication", "UserAccessDenied") == 0);
}

BOOST_AUTO_TEST_CASE(neither_hides_what_was_changed) {
  entries(10'000, 7, "Describe");
  BOOST_TEST(entries(10'000, 7, "DeleteApplication") == 60);
}

BOOST_AUTO_TEST_CASE(one_account_takes_no_entry_of_another) {
  entries(10'000, 7, "Describe");
  BOOST_TEST(entries(60, 8, "Describe") == 60);
}

BOOST_AUTO_TEST_SUITE_END()
