#include "agent/setup/setup_state.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <vector>

using namespace edgeseal::agent;
using Flag = SetupFlag;

namespace {

std::vector<SetupFacts> all_facts() {
  std::vector<SetupFacts> all;
  for (const Flag flag : {Flag::on, Flag::verifying, Flag::off})
    for (const DiskStanding disk : {DiskStanding::unknown, DiskStanding::good, DiskStanding::refused})
      for (int bits = 0; bits < 8; ++bits)
        all.push_back({flag, disk, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
  return all;
}

// Of a disk that is good.
SetupFacts facts_in(SetupState state, bool by_itself) {
  SetupFacts facts{Flag::on, DiskStanding::good, by_itself, false, false};
  switch (state) {
    case SetupState::setup_locked: facts.opens_by_itself = false; break;
    case SetupState::setup_open: facts.window_open = !by_itself; break;
    case SetupState::verifying: facts.flag = Flag::verifying; break;
    case SetupState::operational: facts.flag = Flag::off; break;
    case SetupState::locked_out: facts.locked_out = true; break;
  }
  return facts;
}

using Row = std::map<SetupEvent, SetupState>;  // what is not there changes nothing

constexpr auto locked = SetupState::setup_locked, open = SetupState::setup_open, verifying = SetupState::verifying,
               operational = SetupState::operational, out = SetupState::locked_out;

// On a device that somebody has to open.
const std::map<SetupState, Row> table = {{locked, {{SetupEvent::presence, open}, {SetupEvent::password, open}}},
                                         {open,
                                          {{SetupEvent::presence, open},
                                           {SetupEvent::password, open},
                                           {SetupEvent::window_over, locked},
                                           {SetupEvent::closed, locked}}},
                                         {verifying, {}},
                                         {operational, {}},
                                         {out, {{SetupEvent::presence, open}}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(setup_state)

BOOST_AUTO_TEST_CASE(every_event_in_every_state_leads_where_the_table_says) {
  for (const SetupState state : setup_states)
    for (const SetupEvent event : setup_events)
      BOOST_TEST_CONTEXT(setup_state_name(state) << " " << setup_event_name(event)) {
        const SetupFacts facts = facts_in(state, false);
        BOOST_TEST_REQUIRE((state_of(facts) == state));
        const auto next = after(facts, event);
        const Row& row = table.at(state);
        BOOST_TEST_REQUIRE(next.has_value() == row.contains(event));
        if (next) BOOST_TEST((state_of(*next) == row.at(event)));
      }
}

BOOST_AUTO_TEST_CASE(a_device_that_opens_by_itself_is_closed_for_good) {
  BOOST_TEST((state_of(*after(facts_in(open, true), SetupEvent::closed)) == operational));
}

BOOST_AUTO_TEST_CASE(used_up_tries_lock_out_what_is_not_configured) {
  for (const SetupState state : setup_states)
    BOOST_TEST(may_lock_out(facts_in(state, false)) == (state != verifying && state != operational));
}

BOOST_AUTO_TEST_CASE(no_event_helps_a_disk_that_the_tpm_refuses) {
  for (const SetupFacts& facts : all_facts()) {
    if (facts.disk != DiskStanding::refused) continue;
    BOOST_TEST((state_of(facts) == locked));
    BOOST_TEST(!may_lock_out(facts));
    for (const SetupEvent event : setup_events) BOOST_TEST(!after(facts, event).has_value());
  }
}

BOOST_AUTO_TEST_CASE(nothing_opens_by_itself_before_the_tpm_has_said_that_the_disk_is_good) {
  for (const SetupFacts& facts : all_facts())
    if (facts.disk == DiskStanding::unknown && !facts.window_open) BOOST_TEST((state_of(facts) != open));
}

BOOST_AUTO_TEST_CASE(no_event_opens_a_device_that_is_configured) {
  for (const SetupFacts& facts : all_facts()) {
    if (facts.flag != Flag::off) continue;
    for (const SetupEvent event : setup_events)
      if (const auto next = after(facts, event)) BOOST_TEST((state_of(*next) != open));
  }
}

BOOST_AUTO_TEST_CASE(a_password_does_not_end_a_lock_out) {
  for (const SetupFacts& facts : all_facts())
    if (state_of(facts) == out) BOOST_TEST(!after(facts, SetupEvent::password).has_value());
}

BOOST_AUTO_TEST_CASE(a_window_is_open_in_no_state_but_setup_open_after_any_event) {
  for (const SetupFacts& facts : all_facts())
    for (const SetupEvent event : setup_events)
      if (const auto next = after(facts, event); next && next->window_open && !facts.window_open)
        BOOST_TEST((state_of(*next) == open));
}

BOOST_AUTO_TEST_CASE(states_and_events_have_different_names) {
  std::map<std::string_view, int> names;
  for (const SetupState state : setup_states) ++names[setup_state_name(state)];
  for (const SetupEvent event : setup_events) ++names[setup_event_name(event)];
  BOOST_TEST(names.size() == setup_states.size() + setup_events.size());
}

BOOST_AUTO_TEST_SUITE_END()
