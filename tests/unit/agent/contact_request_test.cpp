#include "agent/contact_request.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "tests/unit/agent/state_fixture.h"

namespace edgeseal::test {
namespace {

struct Fixture : StateFixture {
  bool busy = false;
  int changes = 0, due = 0;
  std::optional<agent::ContactRequest> contact{std::in_place, *state, world()};

  agent::ContactRequest::World world() {
    return {[this] { return busy; }, [this] { ++changes; }, [this] { ++due; }};
  }
  void free() {
    busy = false;
    contact->now_free();
  }
  // A new run of the agent, in which nobody inhibits yet.
  void restart() {
    contact.reset();
    reopen();
    contact.emplace(*state, world());
    free();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(contact_request, Fixture)

BOOST_AUTO_TEST_CASE(W20_it_is_due_once_when_the_last_inhibitor_ends_and_not_before) {
  busy = true;
  contact->remember();
  BOOST_TEST(contact->pending());
  BOOST_TEST(due == 0);
  BOOST_TEST(!contact->take());
  free();
  BOOST_TEST(due == 1);
  BOOST_TEST(contact->take());
  BOOST_TEST(!contact->pending());
  free();
  BOOST_TEST(due == 1);
}

BOOST_AUTO_TEST_CASE(W21_many_wishes_are_one_contact) {
  busy = true;
  for (int i = 0; i < 3; ++i) contact->remember();
  BOOST_TEST(changes == 1);
  free();
  BOOST_TEST(due == 1);
  BOOST_TEST(contact->take());
  BOOST_TEST(!contact->take());
}

BOOST_AUTO_TEST_CASE(W22_it_is_due_at_once_where_nobody_inhibits) {
  contact->remember();
  BOOST_TEST(due == 1);
  contact->remember();
  BOOST_TEST(due == 1);
  BOOST_TEST(contact->take());
}

BOOST_AUTO_TEST_CASE(W23_it_outlives_the_agent_until_it_is_taken) {
  busy = true;
  contact->remember();
  restart();
  BOOST_TEST(contact->pending());
  BOOST_TEST(due == 1);
  BOOST_TEST(contact->take());
  restart();
  BOOST_TEST(!contact->pending());
  BOOST_TEST(due == 1);
}

BOOST_AUTO_TEST_CASE(W24_without_the_wish_the_end_of_the_last_inhibitor_tells_nobody) {
  busy = true;
  free();
  BOOST_TEST(due == 0);
  BOOST_TEST(!contact->take());
}

BOOST_AUTO_TEST_CASE(what_was_not_taken_is_due_again_after_the_next_busy_time) {
  contact->remember();
  busy = true;
  BOOST_TEST(!contact->take());
  free();
  BOOST_TEST(due == 2);
  BOOST_TEST(contact->take());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
