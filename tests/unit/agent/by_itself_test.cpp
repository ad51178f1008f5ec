#include "agent/by_itself.h"

#include <boost/test/unit_test.hpp>

#include "agent/error.h"
#include "tests/fakes/fake_journal.h"

using namespace edgeseal;

BOOST_AUTO_TEST_SUITE(a_step_by_itself)

BOOST_AUTO_TEST_CASE(that_fails_is_logged_and_the_next_one_goes_on) {
  (void)test::take_journal();
  int done = 0;
  const auto fail = [] { throw agent::Error(agent::Code::security_checks_failed, "it was damaged"); };
  agent::by_itself("the first step", fail);
  agent::by_itself("the second step", [&] { ++done; });
  const auto journal = test::take_journal();
  BOOST_TEST(done == 1);
  BOOST_TEST_REQUIRE(journal.size() == 1u);
  BOOST_TEST(journal.front().at("MESSAGE") == "the first step failed: it was damaged");
}

BOOST_AUTO_TEST_SUITE_END()
