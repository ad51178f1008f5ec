#include <boost/test/unit_test.hpp>
#include <optional>

#include "agent/state/sqlite.h"
#include "tests/unit/setup/device_run.h"

using namespace edgeseal;
using Finding = agent::StateAnchor::Finding;

namespace {

// A device whose disk and chip are saved before it is configured, and after.
struct Fixture : test::Device {
  std::optional<test::DeviceRun> run;
  std::optional<tpm::Anchor> old_anchor, new_anchor;

  using Ways = test::DeviceRun::Ways;

  static agent::Setup::Settings settings_of(Ways ways) {
    agent::Setup::Settings settings;
    settings.open_by = std::move(ways);
    return settings;
  }
  test::DeviceRun& start(Ways ways = {agent::OpenWay::by_default}) {
    run.reset();
    return run.emplace(disk, chip, settings_of(std::move(ways))).start();
  }
  static void guess_wrong(test::DeviceRun& run, int times) {
    (void)run.make_password();
    for (int i = 0; i < times; ++i)
      BOOST_CHECK_EXCEPTION(run.submit("0000-0000-0000"), agent::Error,
                            test::has_code(agent::Code::user_access_denied));
  }
  void wipe_disk() {
    run.reset();
    wipe();
  }
  void save_all(const std::string& name, std::optional<tpm::Anchor>& anchor) {
    run.reset();
    save(name);
    anchor = chip.anchor();
  }
  void configure_between() {
    start();
    save_all("old", old_anchor);
    start().configure();
    save_all("new", new_anchor);
  }
  std::string with(const std::string& saved_disk, const std::optional<tpm::Anchor>& anchor) {
    run.reset();
    restore(saved_disk);
    chip.set_anchor(anchor);
    return start().now();
  }
  void tamper(const std::string& sql) {
    run.reset();
    agent::Database(disk + "/state.db").execute(sql.c_str());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rollback, Fixture)

BOOST_AUTO_TEST_CASE(C11_no_older_disk_opens_a_device_that_was_configured) {
  configure_between();
  BOOST_TEST(with("old", new_anchor) == "setup-locked");
  BOOST_TEST((run->anchor.finding() == Finding::wiped));
  BOOST_TEST(with("new", new_anchor) == "operational");
}

BOOST_AUTO_TEST_CASE(an_older_chip_does_not_open_a_disk_that_is_configured) {
  configure_between();
  BOOST_TEST(with("new", old_anchor) == "operational");
  BOOST_TEST(chip.anchor()->configured);
  BOOST_TEST(with("new", std::nullopt) == "operational");
}

BOOST_AUTO_TEST_CASE(both_of_before_are_the_device_of_before) {
  configure_between();
  BOOST_TEST(with("old", old_anchor) == "setup-open");  // as far as a chip allows: it has a past, too
}

BOOST_AUTO_TEST_CASE(a_wiped_disk_stays_locked_until_a_reset) {
  start().configure();
  run.reset();
  wipe();
  BOOST_TEST(start().now() == "setup-locked");
  run->setup.report_presence("a button", {});
  BOOST_TEST(run->now() == "setup-locked");
  BOOST_TEST(start().now() == "setup-locked");
  run->reset();
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(start().now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(a_disk_of_before_a_reset_does_not_open_what_was_configured_after_it) {
  start().configure();
  run->reset();
  std::optional<tpm::Anchor> in_setup;
  save_all("in-setup", in_setup);
  start().configure();
  save_all("new", new_anchor);
  BOOST_TEST(with("in-setup", new_anchor) == "setup-locked");
  BOOST_TEST(with("new", in_setup) == "operational");
}

BOOST_AUTO_TEST_CASE(a_flag_that_somebody_deleted_on_the_disk_opens_nothing) {
  start().configure();
  tamper("DELETE FROM fact WHERE name = 'setup-closed'");
  BOOST_TEST(start().now() == "setup-locked");
  BOOST_TEST((run->anchor.finding() == Finding::forged));
  BOOST_CHECK_EXCEPTION(agent::require_unlocked(run->anchor), agent::Error, test::has_code(agent::Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(the_proof_of_an_earlier_setup_does_not_fit_a_later_one) {
  start().configure();
  run->reset();
  run.reset();
  std::string proof;
  {
    agent::Database database(disk + "/state.db");
    agent::Statement row(database, "SELECT hex(value) FROM fact WHERE name = 'setup-seal'");
    BOOST_TEST_REQUIRE(row.step());
    proof = row.text(0);
  }
  start().configure();
  tamper("DELETE FROM fact WHERE name = 'setup-closed'; INSERT OR REPLACE INTO fact VALUES ('setup-seal', x'" + proof +
         "')");
  BOOST_TEST(start().now() == "setup-locked");
}

BOOST_AUTO_TEST_CASE(a_changed_generation_does_not_make_a_wiped_disk_a_good_one) {
  start().configure();
  run.reset();
  wipe();
  start();
  tamper("INSERT OR REPLACE INTO fact VALUES ('generation', x'0900000000000000')");
  BOOST_TEST(start().now() == "setup-locked");
}

BOOST_AUTO_TEST_CASE(C11_power_lost_before_the_chip_heard_of_it_leaves_a_configured_device) {
  start();
  run->state.commit(test::DeviceRun::trust(), agent::State::Clock::now());  // and nothing of what follows
  BOOST_TEST(!chip.anchor()->configured);
  BOOST_TEST(start().now() == "operational");
  BOOST_TEST(chip.anchor()->configured);
  run.reset();
  wipe();
  BOOST_TEST(start().now() == "setup-locked");
}

BOOST_AUTO_TEST_CASE(power_lost_in_a_reset_leaves_a_device_that_is_in_setup_or_was_not_reset) {
  start().configure();
  run->state.reset_all();  // and nothing of what follows
  BOOST_TEST(start().now() == "setup-open");
  BOOST_TEST(start().now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(changes_that_somebody_forged_to_be_undone_open_nothing) {
  start().configure();
  tamper("INSERT INTO unconfirmed VALUES ('opc', 1); UPDATE fact SET value = x'6f70630a' WHERE name = 'setup-closed'");
  run.emplace(disk, chip);
  BOOST_TEST((run->state.setup_flag() == agent::SetupFlag::verifying));
  run->state.roll_back("opc", agent::State::Clock::now());
  BOOST_TEST(run->start().now() == "operational");
  BOOST_TEST(start().now() == "operational");
}

BOOST_AUTO_TEST_CASE(changes_are_undone_before_the_chip_is_there_and_setup_opens_when_it_is) {
  agent::StagedState staged = test::DeviceRun::trust();
  staged.confirm_by = agent::State::Clock::now() + std::chrono::minutes(5);
  start().commit(staged);
  run.reset();
  run.emplace(disk, chip).state.roll_back("opc", agent::State::Clock::now());
  BOOST_TEST(run->now() == "verifying");
  BOOST_TEST(run->start().now() == "setup-open");
  BOOST_TEST(start().now() == "setup-open");
  BOOST_TEST(chip.anchor()->generation == run->state.generation());
}

BOOST_AUTO_TEST_CASE(C11_a_disk_of_before_the_confirmation_opens_nothing_when_it_is_undone) {
  agent::StagedState staged = test::DeviceRun::trust();
  staged.confirm_by = agent::State::Clock::now() + std::chrono::minutes(5);
  start().commit(staged);
  save_all("old", old_anchor);
  start().state.confirm("opc");
  run->advance();
  save_all("new", new_anchor);
  BOOST_TEST(with("old", new_anchor) == "operational");
  BOOST_TEST((run->anchor.finding() == Finding::rolled_back));
  run->state.roll_back("opc", agent::State::Clock::now());
  run->advance();
  BOOST_TEST(run->now() == "operational");
  BOOST_TEST(start().now() == "operational");
  BOOST_TEST(with("old", old_anchor) == "verifying");
}

BOOST_AUTO_TEST_CASE(W15_tries_that_an_older_disk_does_not_know_of_lock_it_out_until_somebody_is_there) {
  start();
  save_all("old", old_anchor);
  guess_wrong(start({agent::OpenWay::by_default, agent::OpenWay::password}), 1);
  BOOST_TEST(run->now() == "setup-open");
  save_all("new", new_anchor);
  BOOST_TEST(with("new", new_anchor) == "setup-open");
  BOOST_TEST(with("old", new_anchor) == "locked-out");
  BOOST_TEST(start().now() == "locked-out");
  wipe_disk();
  const Ways presence{agent::OpenWay::by_default, agent::OpenWay::presence};
  BOOST_TEST(start(presence).now() == "locked-out");
  BOOST_TEST(run->setup.reason().find("this disk does not know") != std::string::npos);
  run->setup.report_presence("a button", {});
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(start(presence).now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(a_lock_out_that_somebody_deletes_on_the_disk_stays) {
  guess_wrong(start({agent::OpenWay::by_default, agent::OpenWay::password}), 5);
  BOOST_TEST(run->now() == "locked-out");
  tamper("DELETE FROM fact WHERE name = 'record/setup-lock-out'");
  BOOST_TEST(start().now() == "locked-out");
  tamper("DELETE FROM fact WHERE name LIKE 'record/%'");
  BOOST_TEST(start().now() == "locked-out");
  run->configure();
  BOOST_TEST(run->now() == "operational");
  run->reset();
  BOOST_TEST(start().now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(presence_before_the_chip_is_there_ends_a_lock_out_for_good) {
  const Ways ways{agent::OpenWay::by_default, agent::OpenWay::password, agent::OpenWay::presence};
  guess_wrong(start(ways), 5);
  run.reset();
  run.emplace(disk, chip, settings_of(ways)).setup.report_presence("a button", {});
  BOOST_TEST(run->start().now() == "setup-open");
  BOOST_TEST(start(ways).now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(nothing_that_happens_before_the_chip_is_there_proves_a_forged_flag) {
  start().configure();
  tamper("DELETE FROM fact WHERE name = 'setup-closed'");
  run.emplace(disk, chip);
  (void)run->value<std::monostate>([&](agent::Answer<std::monostate> answer) { run->seal.prepare(std::move(answer)); });
  run->state.commit(test::DeviceRun::trust(0), agent::State::Clock::now());
  BOOST_TEST(run->start().now() == "setup-locked");
  BOOST_TEST(start().now() == "setup-locked");
}

BOOST_AUTO_TEST_CASE(C11_a_chip_that_fails_after_the_commit_re_opens_nothing) {
  start();
  chip.fail(tpm::Fault::failed);
  run->configure();
  chip.fail(std::nullopt);
  BOOST_TEST(run->now() == "operational");
  BOOST_TEST(start().now() == "operational");
  BOOST_TEST(chip.anchor()->configured);
}

BOOST_AUTO_TEST_CASE(a_chip_that_gives_no_right_to_nv_opens_nothing_by_itself) {
  chip.set_owner_auth(tpm::Bytes{std::byte{1}});
  BOOST_TEST(start().now() == "setup-locked");
  BOOST_TEST(run->setup.reason().find("TPM") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
