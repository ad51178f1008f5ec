#include <boost/test/unit_test.hpp>

#include "agent/renewal/renewal_plan.h"

using namespace edgeseal::agent;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using Names = std::vector<std::string>;

namespace {

struct Fixture {
  static constexpr RenewalTime begin = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);
  RenewalPlan plan{Jitter({})};
  RenewalMoment now{begin, begin};

  void pass(seconds time) {
    now.day += time;
    now.elapsed += time;
  }
  void put(const std::string& name, const std::string& authority, seconds lifetime) {
    plan.put(name, {authority, {}, Validity{begin, begin + lifetime}}, now);
  }
  [[nodiscard]] Names start() { return plan.start(now); }
  void fail(const std::string& name, Setback setback = Setback::refused, seconds at_least = 0s) {
    plan.failed(name, setback, at_least, now);
  }
  [[nodiscard]] seconds pause(const std::string& name) const { return plan.next(name, now).value() - now.elapsed; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(renewal_plan, Fixture)

BOOST_AUTO_TEST_CASE(a_certificate_begins_when_it_is_due_and_once) {
  put("a", "ca", days(90));
  BOOST_TEST(start().empty());
  pass(plan.next(now).value() - now.elapsed);
  BOOST_TEST(start() == Names{"a"});
  BOOST_TEST(start().empty());
  BOOST_TEST(!plan.next(now));
}

BOOST_AUTO_TEST_CASE(where_there_is_none_one_is_wanted_at_once) {
  plan.put("a", {"ca", {}, std::nullopt}, now);
  BOOST_TEST(start() == Names{"a"});
}

BOOST_AUTO_TEST_CASE(a_new_certificate_ends_all_attempts) {
  put("a", "ca", days(90));
  pass(days(80));
  BOOST_TEST(start() == Names{"a"});
  fail("a");
  plan.put("a", {"ca", {}, Validity{now.day, now.day + days(90)}}, now);
  BOOST_TEST(plan.attempts("a")->failures == 0U);
  BOOST_TEST((pause("a") > days(59)));
}

BOOST_AUTO_TEST_CASE(a_failure_is_tried_again_for_ever_and_ever_less_often) {
  put("a", "ca", days(3650));
  pass(days(3000));
  seconds before = 0s;
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(start() == Names{"a"});
    fail("a");
    BOOST_TEST((pause("a") >= before / 2));
    BOOST_TEST((pause("a") <= longest_retry_pause));
    before = pause("a");
    pass(before);
  }
}

BOOST_AUTO_TEST_CASE(an_ended_certificate_is_still_asked_for) {
  put("a", "ca", days(90));
  pass(days(400));
  BOOST_TEST(start() == Names{"a"});
  fail("a", Setback::unreachable);
  BOOST_TEST((pause("a") <= longest_retry_pause));
}

BOOST_AUTO_TEST_CASE(EN9_the_wish_of_a_server_is_obeyed) {
  put("a", "ca", days(90));
  pass(days(80));
  BOOST_TEST(start() == Names{"a"});
  fail("a", Setback::refused, 20h);
  BOOST_TEST((pause("a") == 20h));
}

BOOST_AUTO_TEST_CASE(a_postponed_request_is_no_failure) {
  put("a", "ca", days(90));
  pass(days(80));
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(start() == Names{"a"});
    fail("a", Setback::postponed, 60s);
    BOOST_TEST((pause("a") == 60s));
    pass(60s);
  }
}

BOOST_AUTO_TEST_CASE(what_needs_a_person_waits_until_somebody_did_something) {
  plan.put("a", {"ca", {}, std::nullopt}, now);
  BOOST_TEST(start() == Names{"a"});
  fail("a", Setback::needs_person);
  pass(days(1000));
  BOOST_TEST(start().empty());
  BOOST_TEST(!plan.next(now));
  plan.demand("a");
  BOOST_TEST(start() == Names{"a"});
}

BOOST_AUTO_TEST_CASE(somebody_may_want_it_before_it_is_due) {
  put("a", "ca", days(90));
  plan.demand("a");
  BOOST_TEST(start() == Names{"a"});
  fail("a", Setback::unreachable);
  BOOST_TEST((pause("a") <= 5min));
  pass(pause("a"));
  BOOST_TEST(start() == Names{"a"});
  plan.succeeded("a", now);
  BOOST_TEST(start().empty());
}

BOOST_AUTO_TEST_CASE(an_authority_is_asked_for_two_at_once_and_the_first_to_end_come_first) {
  put("c", "ca", days(92));
  put("b", "ca", days(91));
  put("a", "ca", days(93));
  pass(days(90));
  BOOST_TEST((start() == Names{"b", "c"}));
  BOOST_TEST(!plan.next(now));
  plan.succeeded("b", now);
  BOOST_TEST(start() == Names{"a"});
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_down_delays_no_other) {
  for (const char* name : {"a", "b", "c"}) put(name, "down", days(91));
  put("d", "up", days(92));
  pass(days(90));
  BOOST_TEST((start() == Names{"a", "b", "d"}));
}

BOOST_AUTO_TEST_CASE(who_waits_for_an_authority_learns_that_it_is_back) {
  for (const char* name : {"a", "b"}) put(name, "ca", days(900));
  put("c", "other", days(900));
  pass(days(800));
  for (int i = 0; i < 20; ++i) {
    (void)start();
    for (const char* name : {"a", "b", "c"}) fail(name, Setback::unreachable);
    pass(longest_retry_pause);
  }
  (void)start();
  fail("b", Setback::unreachable);
  plan.succeeded("a", now);
  fail("c", Setback::unreachable);
  BOOST_TEST((pause("b") <= 5min));
  BOOST_TEST((pause("c") > 1h));
}

BOOST_AUTO_TEST_CASE(a_clock_set_forward_to_the_end_shortens_a_pause_that_has_begun) {
  put("a", "ca", days(900));
  pass(days(800));
  for (int i = 0; i < 20; ++i) {
    (void)start();
    fail("a");
    pass(longest_retry_pause);
  }
  (void)start();
  fail("a");
  BOOST_TEST((pause("a") >= 3h));
  now.day += days(94);
  BOOST_TEST((pause("a") < 3h));
}

BOOST_AUTO_TEST_CASE(a_clock_far_ahead_makes_no_storm_of_renewals) {
  put("a", "ca", days(90));
  now.day += days(4000);
  BOOST_TEST(start() == Names{"a"});
  plan.put("a", {"ca", {}, Validity{begin, begin + days(91)}}, now);
  plan.succeeded("a", now);
  BOOST_TEST((pause("a") == days(1)));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_and_is_set_back_calms_what_had_begun) {
  put("a", "ca", days(90));
  now.day += days(4000);
  BOOST_TEST(start() == Names{"a"});
  fail("a");
  now.day -= days(4000);
  BOOST_TEST((pause("a") > days(50)));
}

BOOST_AUTO_TEST_CASE(attempts_survive_a_restart) {
  put("a", "ca", days(90));
  pass(days(80));
  BOOST_TEST(start() == Names{"a"});
  fail("a", Setback::refused, 10h);
  const RenewalAttempts attempts = *plan.attempts("a");
  RenewalPlan again{Jitter({})};
  again.put("a", {"ca", {}, Validity{begin, begin + days(90)}}, now);
  again.restore("a", attempts);
  BOOST_TEST((again.next("a", now) == now.elapsed + 10h));
}

BOOST_AUTO_TEST_SUITE_END()
