#include "tests/tpm/tcti_script.h"

#include <boost/test/unit_test.hpp>
#include <stdexcept>

namespace edgeseal::test {
namespace {

BOOST_AUTO_TEST_SUITE(a_tcti_script)

BOOST_AUTO_TEST_CASE(answers_the_calls_that_it_names) {
  TctiScript script("# a remark\n15d 2-3 rc=922\n\n157 1 rc=a000a\n");
  BOOST_TEST(!script.next(0x15d).has_value());
  BOOST_TEST((script.next(0x15d) == 0x922U));
  BOOST_TEST((script.next(0x157) == 0xa000aU));
  BOOST_TEST((script.next(0x15d) == 0x922U));
  BOOST_TEST(!script.next(0x15d).has_value());
  BOOST_TEST(!script.next(0x157).has_value());
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused) {
  for (const char* text : {"15d", "15d 1", "15d 1 922", "15d 1 rc=", "15d x rc=922", "zz 1 rc=922", "15d 1 rc=922 more",
                           "15d 1-x rc=922"}) {
    BOOST_CHECK_THROW(TctiScript{text}, std::invalid_argument);
  }
}

BOOST_AUTO_TEST_CASE(that_does_not_exist_has_no_rules) {
  BOOST_TEST(!TctiScript::from_file("/nonexistent").next(0x15d).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
