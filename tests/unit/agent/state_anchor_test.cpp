#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/gateway.h"
#include "tests/unit/agent/occupied_tpm.h"

using namespace edgeseal;
using agent::StateAnchor;
using Finding = StateAnchor::Finding;

namespace {

struct Fixture : test::Gateway {
  // As the agent does when it starts and the TPM becomes ready.
  Finding check() {
    int changes = 0;
    StateAnchor started(loop, state, worker, [&] { ++changes; });
    started.check();
    run_until([&] { return changes > 0 && worker.pending() == 0; });
    detail = started.detail();
    return started.finding();
  }

  // A device that somebody configured: it trusts somebody.
  void configure() {
    trust_somebody();
    advance();
  }
  // Both without the TPM, which was away.
  void trust_somebody() {
    agent::TrustListRecord record{"web", "https"};
    record.list.trusted_certificates = {ca.certificate()};
    state.commit({.trust_lists = {record}}, agent::State::Clock::now());
  }
  void change(int times) {
    for (int i = 0; i < times; ++i) state.commit({}, agent::State::Clock::now());
  }
  void advance() {
    bool done = false;
    anchor.advance([&] { done = true; });
    run_until([&] { return done; });
  }
  void prepare_seal() {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
  }

  void occupy() { test::occupy(*this, chip, worker, agent::TpmWorker::Priority::seal); }

  std::string detail;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state_anchor, Fixture)

BOOST_AUTO_TEST_CASE(a_new_device_gets_an_anchor_and_its_setup_is_open) {
  BOOST_TEST((check() == Finding::consistent));
  BOOST_REQUIRE(chip.anchor().has_value());
  BOOST_TEST(!chip.anchor()->configured);
  BOOST_TEST(detail.empty());
}

BOOST_AUTO_TEST_CASE(a_change_is_remembered_before_its_caller_hears_of_success) {
  (void)install(declare("web", "https/https"));
  BOOST_REQUIRE(chip.anchor().has_value());
  BOOST_TEST(!chip.anchor()->configured);
  BOOST_TEST(chip.anchor()->generation == state.generation());
  configure();
  BOOST_TEST(chip.anchor()->configured);
  BOOST_TEST(chip.anchor()->generation == state.generation());
  BOOST_TEST((check() == Finding::consistent));
}

BOOST_AUTO_TEST_CASE(a_wiped_disk_is_noticed_and_setup_stays_locked) {
  chip.set_anchor(tpm::Anchor{true, 0, 4});
  BOOST_TEST((check() == Finding::wiped));
  BOOST_TEST(detail.find("backup") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reset_opens_the_setup_also_after_a_restart) {
  prepare_seal();
  (void)install(declare("web", "https/https"));
  configure();
  bool done = false;
  groups.reset(owner, "web", [&] { done = true; });
  run_until([&] { return done; });
  BOOST_TEST(state.setup_open());
  BOOST_TEST(chip.anchor()->generation == state.generation());
  BOOST_TEST((check() == Finding::consistent));
  chip.set_anchor(tpm::Anchor{true, 0, state.generation() - 1});  // power was lost before the TPM heard of it
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->generation == state.generation());
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_disk_from_a_former_setup_does_not_open_it_again) {
  prepare_seal();
  (void)install(declare("web", "https/https"));
  configure();
  bool done = false;
  groups.reset(owner, "web", [&] { done = true; });
  run_until([&] { return done; });
  chip.set_anchor(tpm::Anchor{true, 0, state.generation() + 1});
  BOOST_TEST((check() == Finding::wiped));
}

BOOST_AUTO_TEST_CASE(an_older_copy_of_the_disk_is_noticed_until_the_next_change) {
  const agent::Slot slot = declare("web", "https/https");
  (void)install(slot);
  configure();
  chip.set_anchor(tpm::Anchor{true, 0, state.generation() + 2});
  anchor.check();
  run_until([&] { return anchor.finding() == Finding::rolled_back; });
  (void)install(slot);
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->generation == state.generation());
}

BOOST_AUTO_TEST_CASE(a_change_before_the_two_were_compared_does_not_hide_that_the_disk_is_older) {
  const agent::Slot slot = declare("web", "https/https");
  (void)install(slot);
  configure();
  const tpm::Anchor ahead{true, 0, state.generation() + 2};
  chip.set_anchor(ahead);
  (void)install(slot);
  BOOST_TEST(chip.anchor()->generation == ahead.generation);
  BOOST_TEST((check() == Finding::rolled_back));
}

BOOST_AUTO_TEST_CASE(power_lost_before_the_tpm_heard_of_the_change_is_made_up_for) {
  (void)install(declare("web", "https/https"));
  configure();
  const auto generation = state.generation();
  chip.set_anchor(tpm::Anchor{true, 0, generation - 1});
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->generation == generation);
}

BOOST_AUTO_TEST_CASE(all_changes_that_were_applied_while_the_tpm_was_away_are_made_up_for) {
  (void)install(declare("web", "https/https"));
  configure();
  change(3);
  const auto generation = state.generation();
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->generation == generation);
  for (const auto between : {generation - 2, generation - 1}) {
    state.record_generation(between);
    BOOST_TEST((check() == Finding::rolled_back));
  }
}

BOOST_AUTO_TEST_CASE(a_change_takes_those_along_that_the_tpm_never_heard_of) {
  (void)install(declare("web", "https/https"));
  configure();
  change(4);
  advance();
  BOOST_TEST(chip.anchor()->generation == state.generation());
  anchor.check();
  run_until([&] { return anchor.finding() == Finding::consistent && worker.pending() == 0; });
  change(4);
  advance();
  BOOST_TEST(chip.anchor()->generation == state.generation());
}

BOOST_AUTO_TEST_CASE(a_number_that_somebody_forged_on_the_disk_costs_the_chip_64_steps_at_once) {
  (void)install(declare("web", "https/https"));
  configure();
  const auto generation = state.generation();
  state.record_generation(generation + 1'000'000);
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->generation == generation + 64);
}

BOOST_AUTO_TEST_CASE(a_setup_that_ended_while_the_tpm_was_away_is_made_up_for) {
  (void)install(declare("web", "https/https"));
  trust_somebody();
  change(2);
  const auto generation = state.generation();
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->configured);
  BOOST_TEST(chip.anchor()->generation == generation);
  BOOST_TEST(state.generation() == generation);
}

BOOST_AUTO_TEST_CASE(an_anchor_that_its_owner_took_away_is_made_anew) {
  const agent::Slot slot = declare("web", "https/https");
  for (int i = 0; i < 3; ++i) (void)install(slot);
  configure();
  chip.set_anchor(std::nullopt);
  BOOST_TEST((check() == Finding::consistent));
  BOOST_TEST(chip.anchor()->configured);
  BOOST_TEST(chip.anchor()->generation == state.generation());
}

BOOST_AUTO_TEST_CASE(a_tpm_that_gives_no_right_to_nv_is_told_and_stops_nothing) {
  chip.set_owner_auth(tpm::Bytes{std::byte{1}});
  BOOST_TEST((check() == Finding::unavailable));
  BOOST_TEST(!detail.empty());
  (void)install(declare("web", "https/https"));
  configure();
  BOOST_TEST(!state.setup_open());
}

BOOST_AUTO_TEST_CASE(a_tpm_that_has_no_time_is_asked_again_and_nothing_is_concluded) {
  (void)install(declare("web", "https/https"));
  configure();
  StateAnchor started(
      loop, state, worker, [] {}, std::chrono::milliseconds(1));
  occupy();
  started.check();
  BOOST_TEST((started.finding() == Finding::unchecked));
  chip.release();
  run_until([&] { return started.finding() == Finding::consistent && worker.pending() == 0; });
  change(1);
  occupy();
  bool told = false;
  started.advance([&] { told = true; });
  BOOST_TEST(told);
  BOOST_TEST((started.finding() == Finding::consistent));
  chip.release();
  run_until([&] { return chip.anchor()->generation == state.generation(); });
}

BOOST_AUTO_TEST_CASE(an_older_copy_of_a_disk_that_was_never_configured_is_noticed_too) {
  const agent::Slot slot = declare("web", "https/https");
  (void)install(slot);
  chip.set_anchor(tpm::Anchor{false, 0, state.generation() + 1});
  BOOST_TEST((check() == Finding::rolled_back));
  BOOST_TEST(state.setup_open());
}

BOOST_AUTO_TEST_SUITE_END()
