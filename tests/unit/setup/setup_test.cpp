#include "agent/setup/setup.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>

#include "tests/fakes/fake_journal.h"
#include "tests/unit/setup/device_run.h"

using namespace edgeseal;
using agent::Code;
using agent::OpenWay;

namespace {

struct Fixture : test::Device {
  std::optional<test::DeviceRun> run;

  // As before the TPM is asked.
  test::DeviceRun& begin(test::DeviceRun::Ways ways = {OpenWay::by_default},
                         std::chrono::seconds window = std::chrono::minutes(15), bool strict = false) {
    run.reset();
    agent::Setup::Settings settings;
    settings.open_by = std::move(ways);
    settings.window = window;
    settings.strict = strict;
    return run.emplace(disk, chip, settings);
  }
  test::DeviceRun& start(test::DeviceRun::Ways ways = {OpenWay::by_default},
                         std::chrono::seconds window = std::chrono::minutes(15), bool strict = false) {
    return begin(std::move(ways), window, strict).start();
  }
  [[nodiscard]] std::size_t audited(const std::string& kind) const {
    return static_cast<std::size_t>(
        std::ranges::count(run->audited, kind, [](const auto& entry) { return entry.first; }));
  }
  [[nodiscard]] const agent::Audit::Fields& last_transition() const {
    const auto found = std::find_if(run->audited.rbegin(), run->audited.rend(),
                                    [](const auto& entry) { return entry.first == "setup-state"; });
    return found->second;
  }
  void require_locked() {
    BOOST_TEST(run->now() == "setup-locked");
    BOOST_CHECK_EXCEPTION(run->setup.require_open(), agent::Error, test::has_code(Code::invalid_state));
  }
};

const test::DeviceRun::Ways by_hand{OpenWay::presence, OpenWay::password};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(setup, Fixture)

BOOST_AUTO_TEST_CASE(C5_the_flag_is_on_where_nothing_says_otherwise) {
  BOOST_TEST(start().now() == "setup-open");
  BOOST_TEST(run->state.setup_open());
  run->setup.require_open();
}

BOOST_AUTO_TEST_CASE(C3_function_is_limited_until_the_device_is_configured) {
  start();
  BOOST_TEST(run->setup.limited_function());
  run->configure();
  BOOST_TEST(!run->setup.limited_function());
}

BOOST_AUTO_TEST_CASE(C4_a_trust_list_ends_setup_with_no_further_command) {
  start().configure();
  BOOST_TEST(run->now() == "operational");
  BOOST_TEST(start().now() == "operational");
}

BOOST_AUTO_TEST_CASE(an_empty_trust_list_ends_nothing) {
  start().commit(test::DeviceRun::trust(0));
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(start().now() == "setup-open");
  BOOST_TEST(!chip.anchor()->configured);
}

BOOST_AUTO_TEST_CASE(C10_a_trust_list_is_enough_unless_a_certificate_is_asked_for_too) {
  start({OpenWay::by_default}, std::chrono::minutes(15), true).configure();
  BOOST_TEST(run->now() == "setup-open");
  start({OpenWay::by_default}).commit(test::DeviceRun::trust(2));
  BOOST_TEST(run->now() == "operational");
}

BOOST_AUTO_TEST_CASE(C13_a_list_that_was_installed_before_closes_the_way_of_the_empty_list) {
  const test::DeviceRun::Ways empty{OpenWay::empty_trust_list};
  BOOST_TEST(start(empty, std::chrono::minutes(15), true).now() == "setup-open");
  run->configure();  // in strict mode the flag stays on
  BOOST_TEST(run->state.setup_open());
  require_locked();
}

BOOST_AUTO_TEST_CASE(what_opens_by_itself_awaits_the_tpm_and_nothing_else_does) {
  for (const auto way : {OpenWay::by_default, OpenWay::empty_trust_list}) {
    begin({way});
    require_locked();
    BOOST_TEST(run->setup.awaits_tpm());
    run->start();
    BOOST_TEST(!run->setup.awaits_tpm());
  }
  BOOST_TEST(!begin(by_hand).setup.awaits_tpm());
}

BOOST_AUTO_TEST_CASE(a_list_that_closes_the_way_of_the_empty_list_lets_nobody_await_the_tpm) {
  const test::DeviceRun::Ways empty{OpenWay::empty_trust_list};
  start(empty, std::chrono::minutes(15), true).configure();
  begin(empty, std::chrono::minutes(15), true);
  require_locked();
  BOOST_TEST(!run->setup.awaits_tpm());
}

BOOST_AUTO_TEST_CASE(C8_presence_opens_for_a_while_and_for_no_longer) {
  start({OpenWay::presence}, std::chrono::seconds(1));
  require_locked();
  run->setup.report_presence("a button", {});
  BOOST_TEST(run->now() == "setup-open");
  run->setup.require_open();
  run->wait_for("setup-locked");
  BOOST_TEST(last_transition().at("cause") == "window-over");
}

BOOST_AUTO_TEST_CASE(C8_a_restart_ends_the_window) {
  start({OpenWay::presence}).setup.report_presence("a button", {});
  BOOST_TEST(run->now() == "setup-open");
  start({OpenWay::presence});
  require_locked();
}

BOOST_AUTO_TEST_CASE(an_observer_that_fails_costs_neither_the_caller_nor_the_others_anything) {
  start();
  int told = 0;
  run->setup.observe([] { throw agent::Error(Code::state_unavailable, "no space"); });
  run->setup.observe([&told] { ++told; });
  run->setup.close({});
  BOOST_TEST(run->now() == "operational");
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(presence_opens_nothing_where_the_integrator_did_not_choose_it) {
  start({OpenWay::password}).setup.report_presence("a button", {});
  require_locked();
  BOOST_TEST(audited("presence") == 1u);
}

BOOST_AUTO_TEST_CASE(C16_presence_proves_one_reset_and_does_not_open_what_is_configured) {
  start({OpenWay::presence}).configure();
  BOOST_CHECK_EXCEPTION(run->setup.require_presence(), agent::Error, test::has_code(Code::user_access_denied));
  run->setup.report_presence("a button", {});
  BOOST_TEST(run->now() == "operational");
  run->setup.require_presence();
  run->setup.use_presence();
  BOOST_CHECK_EXCEPTION(run->setup.require_presence(), agent::Error, test::has_code(Code::user_access_denied));
}

BOOST_AUTO_TEST_CASE(a_reset_device_is_in_setup_again_also_after_a_restart) {
  start().configure();
  run->reset();
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(chip.anchor()->configured);  // for good
  BOOST_TEST(start().now() == "setup-open");
  run->commit(test::DeviceRun::trust(0));  // a change that does not end setup
  BOOST_TEST(start().now() == "setup-open");
  run->configure();
  BOOST_TEST(start().now() == "operational");
}

BOOST_AUTO_TEST_CASE(C18_the_window_is_shown_and_every_transition_audited_with_the_client) {
  start({OpenWay::presence});
  int changes = 0;
  run->setup.observe([&] { ++changes; });
  BOOST_TEST(run->setup.window_remaining().count() == 0);
  run->setup.report_presence("a button", {});
  BOOST_TEST(changes > 0);
  BOOST_TEST(run->setup.window_remaining().count() > 0);
  BOOST_TEST(run->setup.window_ends().has_value());
  BOOST_TEST(last_transition().at("to") == "setup-open");
  (void)test::take_journal();
  run->configure();
  BOOST_TEST(last_transition().at("from") == "setup-open");
  BOOST_TEST(last_transition().at("to") == "operational");
  const auto journal = test::take_journal();
  BOOST_TEST(std::ranges::any_of(journal, [](const test::JournalEntry& entry) {
    const auto client = entry.find("EDGESEAL_CLIENT_THUMBPRINT");
    return entry.contains("EDGESEAL_TO") && client != entry.end() && client->second == "c0ffee";
  }));
  BOOST_TEST(run->setup.window_remaining().count() == 0);
}

BOOST_AUTO_TEST_CASE(an_administrator_closes_a_window_and_a_device_that_opens_by_itself_for_good) {
  start({OpenWay::presence}).setup.report_presence("a button", {});
  run->setup.close({});
  require_locked();
  BOOST_CHECK_EXCEPTION(run->setup.close({}), agent::Error, test::has_code(Code::invalid_state));
  start().setup.close({});
  run->advance();
  BOOST_TEST(run->now() == "operational");
  BOOST_TEST(start().now() == "operational");
  BOOST_TEST(chip.anchor()->configured);
}

BOOST_AUTO_TEST_CASE(what_can_be_undone_is_verified_first) {
  start();
  agent::StagedState staged = test::DeviceRun::trust();
  staged.confirm_by = agent::State::Clock::now() + std::chrono::minutes(5);
  run->setup.begin_verifying("the bundle of plant.example");
  run->commit(staged);
  BOOST_TEST(run->now() == "verifying");
  BOOST_TEST(run->setup.reason().find("plant.example") != std::string::npos);
  BOOST_TEST(chip.anchor()->configured);
  BOOST_TEST(start().now() == "verifying");
  run->state.roll_back("opc", agent::State::Clock::now());
  run->advance();
  run->setup.end_verifying(agent::Verification::failed);
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(start().now() == "setup-open");
  run->commit(staged);
  run->state.confirm("opc");
  run->setup.end_verifying(agent::Verification::passed);
  BOOST_TEST(run->now() == "operational");
  BOOST_TEST(start().now() == "operational");
}

BOOST_AUTO_TEST_CASE(a_lock_out_survives_a_restart_and_ends_by_presence_or_configuration) {
  start(by_hand).setup.lock_out("all tries are used up");
  BOOST_TEST(run->now() == "locked-out");
  BOOST_TEST(start(by_hand).now() == "locked-out");
  BOOST_TEST(run->setup.reason().find("all tries") != std::string::npos);
  run->setup.report_presence("a button", {});
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(start(by_hand).now() == "setup-locked");
  run->setup.lock_out("again");
  run->configure();
  BOOST_TEST(run->now() == "operational");
  run->setup.lock_out("of no account");
  BOOST_TEST(run->now() == "operational");
}

BOOST_AUTO_TEST_CASE(H1_the_words_say_what_opens_setup_in_every_state) {
  BOOST_TEST(start(by_hand).setup.reason().find("edgesealctl setup otp") != std::string::npos);
  BOOST_TEST(run->setup.reason().find("somebody at the device") != std::string::npos);
  run->setup.report_presence("a button", {});
  BOOST_TEST(run->setup.reason().find("seconds more") != std::string::npos);
  run->configure();
  BOOST_TEST(run->setup.reason().find("setup reset") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unknown_way_to_open_is_refused_with_those_that_there_are) {
  BOOST_CHECK_EXCEPTION((void)agent::parse_open_way("magic"), agent::Error, [](const agent::Error& error) {
    return std::string(error.what()).find("empty-trust-list") != std::string::npos;
  });
  for (const OpenWay way : {OpenWay::by_default, OpenWay::empty_trust_list, OpenWay::presence, OpenWay::password})
    BOOST_TEST((agent::parse_open_way(std::string(agent::open_way_name(way))) == way));
}

BOOST_AUTO_TEST_SUITE_END()
