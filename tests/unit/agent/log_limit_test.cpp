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
  BOOST_TEST(admitted == 256);
  BOOST_TEST(limit.admit("later", 61s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
