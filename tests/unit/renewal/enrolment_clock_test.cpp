#include <boost/test/unit_test.hpp>

#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::JobState;
using std::chrono::days;
using tpm::Bytes;

BOOST_FIXTURE_TEST_SUITE(enrolment, test::EnrolmentFixture)

BOOST_AUTO_TEST_CASE(EN14_a_certificate_that_had_ended_by_a_wrong_clock_renews_itself_when_it_is_right) {
  start_due(by_secret);
  until(JobState::ready);
  enrolment->cancel(job().number);
  const auto right = now;
  pass(days(4000));
  until(JobState::awaiting_credential);
  now = right + 2h;
  enrolment->look();
  BOOST_TEST(take().credential == "certificate");
}

BOOST_AUTO_TEST_CASE(EN14_what_failed_by_the_clock_alone_is_tried_again_as_soon_as_somebody_sets_it) {
  start_due(by_secret);
  const Bytes request = take().request;
  fail("clock");
  set_clock();
  BOOST_TEST((take().request == request));
  fail("clock");
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::scheduled));  // and not again and again
  restart();                                         // with a clock that may have been set meanwhile
  BOOST_TEST((take().request == request));
}

BOOST_AUTO_TEST_CASE(what_failed_otherwise_waits_for_its_time_whoever_sets_the_clock) {
  start_due(by_secret);
  (void)take();
  fail("transport");
  set_clock();
  loop.run_once(50ms);
  BOOST_TEST((job().state == JobState::scheduled));
}

BOOST_AUTO_TEST_CASE(notices_come_as_the_end_comes_near) {
  start_due(by_secret);
  const auto end = agent::validity_of(before).end;
  for (const auto& [left, notice] : {std::pair(days(6), "7"), {days(5), "7"}, {days(1), "1"}}) {
    now = end - left;
    enrolment->look();
    run_until([&, expected = std::string("web/https/https ") + notice] {
      return !notices.empty() && notices.back() == expected;
    });
  }
  BOOST_TEST(notices == (std::vector<std::string>{"web/https/https 7", "web/https/https 1"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
