#include <boost/test/unit_test.hpp>

#include "agent/log_limit.h"

using namespace std::chrono_literals;
using edgeseal::agent::LogLimit;

BOOST_AUTO_TEST_SUITE(log_limit)

BOOST_AUTO_TEST_CASE(one_entry_a_minute_which_tells_what_was_left_out) {
  LogLimit limit;
  BOOST_TEST(limit.admit("a", 0s).value() == "");
  for (int i = 0; i < 17; ++i) BOOST_TEST(!limit.admit("a", 59s).has_value());
  BOOST_TEST(limit.admit("b", 59s).value() == "");
  BOOST_TEST(limit.admit("a", 60s).value() == " (and 17 more like it)");
  BOOST_TEST(limit.admit("a", 120s).value() == "");
}

BOOST_AUTO_TEST_CASE(it_does_not_grow_with_the_number_of_subjects) {
  LogLimit limit;
  int admitted = 0;
  for (int i = 0; i < 10000; ++i) admitted += limit.admit(std::to_string(i), 0s).has_value() ? 1 : 0;
  BOOST_TEST(admitted == 257);
  BOOST_TEST(limit.admit("later", 61s).has_value());
}

BOOST_AUTO_TEST_CASE(subjects_beyond_the_bound_share_one_allowance_and_are_counted) {
  LogLimit limit({3, 10s});
  for (int i = 0; i < 256; ++i)
    for (int spent = 0; spent < 3; ++spent) BOOST_TEST(limit.admit(std::to_string(i), 0s).value() == "");
  int admitted = 0;
  for (int i = 1000; i < 2000; ++i) admitted += limit.admit(std::to_string(i), 1s).has_value() ? 1 : 0;
  BOOST_TEST(admitted == 3);
  BOOST_TEST(!limit.admit("7", 9s).has_value());
  BOOST_TEST(limit.admit("another", 11s).value() == " (and 997 more of others)");
  BOOST_TEST(!limit.admit("another", 11s).has_value());
  BOOST_TEST(limit.admit("7", 11s).value() == " (and 1 more like it, 1 of others)");
}

BOOST_AUTO_TEST_CASE(what_was_left_out_of_a_subject_that_is_forgotten_is_told_with_the_next) {
  LogLimit limit;
  for (int i = 0; i < 256; ++i)
    for (int times = 0; times < 3; ++times) (void)limit.admit(std::to_string(i), 0s);
  BOOST_TEST(limit.admit("later", 60s).value() == " (and 512 more of others)");
  BOOST_TEST(limit.admit("0", 60s).value() == "");
}

BOOST_AUTO_TEST_CASE(what_something_else_leaves_out_is_told_with_the_next) {
  LogLimit limit;
  limit.leave_out();
  BOOST_TEST(!limit.is_spent("a", 0s));
  BOOST_TEST(limit.admit("a", 0s).value() == " (and 1 more of others)");
  BOOST_TEST(limit.is_spent("a", 59s));
  BOOST_TEST(!limit.is_spent("b", 59s));
  BOOST_TEST(limit.admit("a", 60s).value() == "");
}

BOOST_AUTO_TEST_CASE(more_in_a_row_are_admitted_where_the_pace_says_so_and_earned_again_one_by_one) {
  LogLimit limit({3, 10s});
  for (int i = 0; i < 3; ++i) BOOST_TEST(limit.admit("a", 0s).value() == "");
  for (int i = 0; i < 5; ++i) BOOST_TEST(!limit.admit("a", 9s).has_value());
  BOOST_TEST(limit.admit("a", 10s).value() == " (and 5 more like it)");
  BOOST_TEST(!limit.admit("a", 19s).has_value());
  BOOST_TEST(limit.admit("a", 39s).value() == " (and 1 more like it)");
  BOOST_TEST(limit.admit("a", 39s).value() == "");
  BOOST_TEST(!limit.admit("a", 39s).has_value());
  BOOST_TEST(limit.admit("a", 40s).has_value());
  for (int i = 0; i < 3; ++i) BOOST_TEST(limit.admit("a", 1000s).has_value());
  BOOST_TEST(!limit.admit("a", 1000s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
