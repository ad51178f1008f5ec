#include "agent/bus_time.h"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using edgeseal::agent::microseconds_of;
using std::chrono::sys_seconds;
using std::chrono::system_clock;

BOOST_AUTO_TEST_SUITE(bus_time)

BOOST_AUTO_TEST_CASE(a_time_is_told_in_whole_microseconds_since_1970) {
  BOOST_TEST(microseconds_of(system_clock::time_point(1s + 2999ns)) == 1'000'002u);
  BOOST_TEST(microseconds_of(sys_seconds(253'402'300'799s)) == 253'402'300'799'000'000u);  // the end of 9999
}

BOOST_AUTO_TEST_CASE(what_lies_before_1970_is_no_time_in_a_far_future) {
  BOOST_TEST(microseconds_of(system_clock::time_point(-1ns)) == 0u);
  BOOST_TEST(microseconds_of(sys_seconds(-1h)) == 0u);
}

BOOST_AUTO_TEST_CASE(a_time_that_there_is_not_is_0) {
  BOOST_TEST(microseconds_of(std::optional<sys_seconds>()) == 0u);
  BOOST_TEST(microseconds_of(std::optional(sys_seconds(1s))) == 1'000'000u);
}

BOOST_AUTO_TEST_SUITE_END()
