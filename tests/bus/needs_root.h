#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace edgeseal::test {

// Precondition of tests that call as other accounts.
[[nodiscard]] inline boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(geteuid() == 0);
  result.message() << "needs root to call as another account";
  return result;
}

}  // namespace edgeseal::test
