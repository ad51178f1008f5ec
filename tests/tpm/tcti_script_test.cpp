#include "tests/tpm/tcti_script.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <stdexcept>

namespace edgeseal::test {
namespace {

BOOST_AUTO_TEST_SUITE(a_tcti_script)

using std::chrono::milliseconds;

BOOST_AUTO_TEST_CASE(answers_the_calls_that_it_names) {
  TctiScript script("# a remark\n15d 2-3 rc=922\n\n157 1 rc=a000a\n");
  BOOST_TEST(!script.next(0x15d).rc.has_value());
  BOOST_TEST((script.next(0x15d).rc == 0x922U));
  BOOST_TEST((script.next(0x157).rc == 0xa000aU));
  BOOST_TEST((script.next(0x15d).rc == 0x922U));
  BOOST_TEST(!script.next(0x15d).rc.has_value());
  BOOST_TEST(!script.next(0x157).rc.has_value());
}

BOOST_AUTO_TEST_CASE(delays_the_calls_that_it_names_and_passes_them_on) {
  TctiScript script("15d 2 delay-ms=36");
  BOOST_TEST((script.next(0x15d).delay == milliseconds(0)));
  const TctiScript::Action second = script.next(0x15d);
  BOOST_TEST((second.delay == milliseconds(36)));
  BOOST_TEST(!second.rc.has_value());
  BOOST_TEST((script.next(0x15d).delay == milliseconds(0)));
}

BOOST_AUTO_TEST_CASE(delays_and_answers_the_same_call) {
  for (const char* text : {"15d 1 delay-ms=5 rc=922", "15d 1 rc=922 delay-ms=5"}) {
    const TctiScript::Action action = TctiScript(text).next(0x15d);
    BOOST_TEST((action.delay == milliseconds(5)));
    BOOST_TEST((action.rc == 0x922U));
  }
}

BOOST_AUTO_TEST_CASE(holds_for_all_further_calls_where_no_last_one_is_named) {
  TctiScript script("15d 2- delay-ms=17");
  BOOST_TEST((script.next(0x15d).delay == milliseconds(0)));
  for (int call = 0; call < 100; ++call) BOOST_TEST((script.next(0x15d).delay == milliseconds(17)));
}

BOOST_AUTO_TEST_CASE(follows_the_first_rule_that_names_a_call) {
  TctiScript script("15d 2 rc=922\n15d 1- delay-ms=17");
  BOOST_TEST((script.next(0x15d).delay == milliseconds(17)));
  const TctiScript::Action second = script.next(0x15d);
  BOOST_TEST((second.rc == 0x922U));
  BOOST_TEST((second.delay == milliseconds(0)));
}

BOOST_AUTO_TEST_CASE(alters_the_answers_that_it_names) {
  TctiScript script("15d 2 delay-ms=1 alter\n15d 3 alter=16");
  BOOST_TEST(script.next(0x15d).alter == 0U);
  const TctiScript::Action second = script.next(0x15d);
  BOOST_TEST(second.alter == 1U);
  BOOST_TEST(!second.rc.has_value());
  BOOST_TEST(script.next(0x15d).alter == 0x16U);
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused) {
  for (const char* text :
       {"15d", "15d 1", "15d 1 922", "15d 1 rc=", "15d x rc=922", "zz 1 rc=922", "15d 1 rc=922 more", "15d 1-x rc=922",
        "15d - rc=922", "15d 1 delay-ms=", "15d 1 delay-ms=x", "15d 1 delay-ms=4294967296", "15d 1 delay=5",
        "15d 1 alter=", "15d 1 alter=x", "15d 1 delay-ms=5 rc"}) {
    BOOST_CHECK_THROW(TctiScript{text}, std::invalid_argument);
  }
}

BOOST_AUTO_TEST_CASE(that_does_not_exist_has_no_rules) {
  BOOST_TEST(!TctiScript::from_file("/nonexistent").next(0x15d).rc.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
