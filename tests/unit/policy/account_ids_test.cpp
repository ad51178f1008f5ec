#include "policy/account_ids.h"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using namespace edgeseal;

namespace {

// An account database that takes its time.
struct Fixture {
  policy::AccountIds::Clock::time_point now{};
  std::chrono::milliseconds delay{0};
  bool reachable = true;
  std::map<std::string, uid_t> accounts{{"web", 33}};
  int asked = 0;
  policy::AccountIds ids{[this](const std::string& name) -> std::optional<uid_t> {
                           ++asked;
                           now += delay;
                           if (!reachable) throw policy::Error(name, "account database: timed out");
                           const auto found = accounts.find(name);
                           return found == accounts.end() ? std::nullopt : std::optional(found->second);
                         },
                         [this] { return now; }};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(account_ids, Fixture)

BOOST_AUTO_TEST_CASE(an_account_is_asked_for_once_a_minute) {
  for (int i = 0; i < 1000; ++i) BOOST_TEST(ids.find("web").value() == 33u);
  accounts["web"] = 34;
  now += 59s;
  BOOST_TEST(ids.find("web").value() == 33u);
  BOOST_TEST(asked == 1);
  now += 1s;
  BOOST_TEST(ids.find("web").value() == 34u);
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(an_account_that_is_made_is_found_at_once_where_the_database_is_quick) {
  BOOST_TEST(!ids.find("plc").has_value());
  accounts["plc"] = 4711;
  BOOST_TEST(ids.find("plc").value() == 4711u);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_slow_to_say_no_is_asked_for_a_tenth_of_the_time) {
  delay = 1s;
  BOOST_TEST(!ids.find("plc").has_value());
  now += 9s;
  BOOST_TEST(!ids.find("plc").has_value());
  BOOST_TEST(asked == 1);
  now += 1s;
  BOOST_TEST(!ids.find("plc").has_value());
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(a_database_that_does_not_answer_holds_up_one_caller_a_minute_at_most) {
  delay = 30s;
  reachable = false;
  for (int i = 0; i < 100; ++i) BOOST_CHECK_THROW((void)ids.find("web"), policy::Error);
  BOOST_TEST(asked == 1);
  reachable = true;
  now += 60s;
  BOOST_TEST(ids.find("web").value() == 33u);
}

BOOST_AUTO_TEST_CASE(not_more_are_remembered_than_the_bound) {
  (void)ids.find("web");
  for (std::size_t i = 0; i < policy::AccountIds::max_names; ++i) {
    accounts["account" + std::to_string(i)] = 1000;
    (void)ids.find("account" + std::to_string(i));
  }
  const int before = asked;
  (void)ids.find("web");
  BOOST_TEST(asked == before + 1);
}

BOOST_AUTO_TEST_SUITE_END()
