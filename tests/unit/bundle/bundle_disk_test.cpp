#include <boost/test/unit_test.hpp>

#include "tests/unit/bundle/bundle_fixture.h"

using namespace edgeseal;
using namespace edgeseal::agent;
using edgeseal::test::BundleFixture;
using edgeseal::test::has_code;

BOOST_FIXTURE_TEST_SUITE(bundles_on_a_disk_that_takes_nothing, BundleFixture)

BOOST_AUTO_TEST_CASE(a_bundle_that_the_disk_refused_is_not_taken_later) {
  refuse_record("bundle");
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::state_unavailable));
  take_records();
  bundles->look();
  BOOST_CHECK(wanted.empty());
  BOOST_CHECK_EQUAL(bundles->status().session, "");
}

BOOST_AUTO_TEST_CASE(a_bundle_that_the_disk_refused_takes_the_place_of_none) {
  const std::string session = stage();
  BOOST_CHECK_EXCEPTION(submit(session, "wrong-horse-battery-314"), Error, has_code(Code::user_access_denied));
  refuse_record("bundle");
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::state_unavailable));
  take_records();
  BOOST_CHECK(closed.empty());
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 2U);
  submit(session, pin);
  BOOST_CHECK(setup.state() == SetupState::verifying);
}

BOOST_AUTO_TEST_SUITE_END()
