#include <boost/test/unit_test.hpp>

#include "agent/keys/retired_keys.h"
#include "tests/fakes/fake_clocks.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::RetiredKeys;

namespace {

const agent::Slot web{"web", "https", "https"};
const RetiredKeys::Settings settings{24h, 240h};

// An application whose first key was just replaced by a second one.
struct Fixture {
  test::TemporaryDirectory directory;
  std::optional<agent::State> state{std::in_place, directory.file("state")};
  test::FakeClocks clocks;
  std::optional<agent::DeviceClock> clock;
  std::optional<RetiredKeys> retired;
  tpm::KeyId old_key{}, new_key{};

  Fixture() {
    state->put_application({"web", "urn:x:web", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
    begin();
    old_key = install(1);
    new_key = install(2);
  }

  tpm::KeyId install(std::uint8_t mark) {
    agent::KeyRecord key;
    key.id.fill(std::byte{mark});
    key.slot = web;
    key.public_key = {std::byte{mark}};
    state->put_pending_key(key);
    state->commit({{{web, key.id, {std::byte{9}}, {}}}}, clock->now());
    state->mark_published("web", "https");
    return key.id;
  }
  void begin() {
    clock.emplace(*state, clocks.reader(), RetiredKeys::step(settings));
    retired.emplace(*state, *clock, settings);
  }
  void crash() {
    state.reset();
    state.emplace(directory.file("state"));
    begin();
  }
  void stop() {
    retired->record();
    crash();
  }
  void execute(const char* sql) { agent::Database(directory.file("state") + "/state.db").execute(sql); }
  [[nodiscard]] bool lives(const tpm::KeyId& id) { return state->key(id).has_value(); }
  [[nodiscard]] bool lives_on() {
    (void)retired->destroy_due();
    return lives(old_key);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retired_keys, Fixture)

BOOST_AUTO_TEST_CASE(a_key_that_nobody_uses_ends_with_its_grace_and_not_before) {
  clocks.advance(24h - 1s);
  BOOST_TEST(lives_on());
  clocks.advance(1s);
  BOOST_TEST((retired->destroy_due() == std::vector<tpm::KeyId>{old_key}));
  BOOST_TEST(!lives(old_key));
  BOOST_TEST(lives(new_key));
  BOOST_TEST(!retired->next_visit().has_value());
}

BOOST_AUTO_TEST_CASE(each_use_prolongs_its_life_by_the_grace) {
  for (int i = 0; i < 5; ++i) {
    clocks.advance(23h);
    retired->used(old_key);
    BOOST_TEST(lives_on());
  }
  clocks.advance(24h - 1s);
  BOOST_TEST(lives_on());
  clocks.advance(1s);
  BOOST_TEST(!lives_on());
}

BOOST_AUTO_TEST_CASE(at_the_limit_it_ends_although_it_is_used) {
  for (int hour = 0; hour < 239; ++hour) {
    clocks.advance(1h);
    retired->used(old_key);
    BOOST_TEST(lives_on());
  }
  clocks.advance(1h);
  retired->used(old_key);
  BOOST_TEST(!lives_on());
}

BOOST_AUTO_TEST_CASE(a_restart_of_the_agent_forgets_no_use) {
  clocks.advance(23h);
  retired->used(old_key);
  clocks.advance(1h);
  stop();
  clocks.advance(23h - 1s);
  BOOST_TEST(lives_on());
  clocks.advance(1s);
  BOOST_TEST(!lives_on());
}

BOOST_AUTO_TEST_CASE(a_crash_makes_its_life_longer_by_an_eighth_of_the_grace_at_most_and_never_shorter) {
  clocks.advance(20h);
  retired->used(old_key);  // is written
  clocks.advance(2h);
  retired->used(old_key);  // is not
  crash();
  clocks.advance(24h);
  BOOST_TEST(lives_on());
  clocks.advance(1h - 1s);
  BOOST_TEST(lives_on());
  clocks.advance(1s);  // 20 h + 3 h + 24 h
  BOOST_TEST(!lives_on());
}

BOOST_AUTO_TEST_CASE(a_use_that_could_not_be_written_is_written_with_the_next_one_soon) {
  clocks.advance(20h);
  execute("CREATE TRIGGER disk_full BEFORE UPDATE OF last_use ON key BEGIN SELECT RAISE(ABORT, 'no space'); END");
  retired->used(old_key);
  execute("DROP TRIGGER disk_full");
  clocks.advance(2min);
  retired->used(old_key);
  crash();
  clocks.advance(24h);
  BOOST_TEST(lives_on());
}

BOOST_AUTO_TEST_CASE(the_disk_is_written_once_in_an_eighth_of_the_grace) {
  retired->used(old_key);
  const auto written = state->retired_keys().front().last_use;
  clocks.advance(3h);
  for (int i = 0; i < 1000; ++i) retired->used(old_key);
  BOOST_TEST((state->retired_keys().front().last_use == written));
  clocks.advance(1s);
  retired->used(old_key);
  BOOST_TEST((state->retired_keys().front().last_use > written));
}

BOOST_AUTO_TEST_CASE(a_time_of_day_that_jumps_destroys_no_key_that_was_used_a_minute_ago) {
  clocks.advance(10h);
  retired->used(old_key);
  clocks.advance(1min);
  clocks.set_time_of_day(900'000h);
  BOOST_TEST(lives_on());
  crash();
  BOOST_TEST(lives_on());
}

BOOST_AUTO_TEST_CASE(a_time_of_day_that_jumps_back_keeps_no_key) {
  clocks.set_time_of_day(0s);
  clocks.advance(24h);
  BOOST_TEST(!lives_on());
}

BOOST_AUTO_TEST_CASE(a_machine_that_begins_in_1970_at_each_start_keeps_no_key) {
  int starts = 0;
  while (lives_on() && starts < 20) {
    clocks.restart_machine(0s);
    clocks.set_time_of_day(0s);
    crash();
    ++starts;
  }
  BOOST_TEST(starts == 8);
}

BOOST_AUTO_TEST_CASE(what_is_left_of_its_life_is_known) {
  clocks.advance(10h);
  retired->used(old_key);
  clocks.advance(2h);
  const auto lives = retired->all();
  BOOST_REQUIRE(lives.size() == 1u);
  BOOST_TEST((lives.front().key.id == old_key));
  BOOST_TEST((lives.front().key.slot == web));
  BOOST_TEST((lives.front().retired == 12h));
  BOOST_TEST((lives.front().unused == 2h));
  BOOST_TEST((lives.front().left == 22h));
  BOOST_TEST((*retired->next_visit() == 3h));
}

BOOST_AUTO_TEST_CASE(an_administrator_ends_it_at_once) {
  retired->used(old_key);
  BOOST_TEST(retired->destroy({"web", "tls", "tls-server"}).empty());
  BOOST_TEST((retired->destroy(web) == std::vector<tpm::KeyId>{old_key}));
  BOOST_TEST(!lives(old_key));
  BOOST_TEST(lives(new_key));
}

BOOST_AUTO_TEST_CASE(a_key_that_the_published_directory_may_name_stays) {
  state->put_application({"web", "urn:x:new", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  clocks.advance(48h);
  BOOST_TEST(lives_on());
  BOOST_TEST(retired->destroy(web).empty());
  state->mark_published("web", "https");
  BOOST_TEST(!lives_on());
}

BOOST_AUTO_TEST_CASE(a_use_that_comes_after_its_end_is_of_no_consequence) {
  clocks.advance(24h);
  BOOST_TEST(!lives_on());
  retired->used(old_key);  // was in work
  BOOST_TEST(retired->destroy_due().empty());
  BOOST_TEST(retired->all().empty());
}

BOOST_AUTO_TEST_SUITE_END()
