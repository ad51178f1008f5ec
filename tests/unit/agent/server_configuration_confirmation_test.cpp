// Changes that are undone unless somebody confirms them.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/unit/agent/server.h"

using namespace edgeseal;
using agent::Code;
using test::Bytes;
using test::has_code;
using test::Server;

BOOST_FIXTURE_TEST_SUITE(server_configuration, Server)

// Changes that somebody has to confirm: a renewal, a deletion, a trust list.
struct Unconfirmed : Server {
  const Bytes before;
  const test::Authority another{"another CA"};

  Unconfirmed() : before(install()) {
    const auto https_target = target("i=12558", "i=14088");
    (void)create_self_signed({}, https_target);
    apply();
    push(sign(request()));
    configuration.delete_certificate(admin, https_target);
    stage_list({.trusted_certificates = {another.certificate()}}, "user-token");
    apply({.confirm_within = std::chrono::hours(1)});
  }
};

BOOST_FIXTURE_TEST_CASE(changes_in_force_wait_to_be_confirmed_and_keep_the_next_transaction_away, Unconfirmed) {
  BOOST_TEST((certificates().front().certificate != before));
  BOOST_TEST(certificates("i=14088").empty());
  BOOST_CHECK_EXCEPTION(stage_list({}, "https"), agent::Error, has_code(Code::transaction_pending));
  groups.confirm("opc");
  BOOST_CHECK_EXCEPTION(groups.confirm("opc"), agent::Error, has_code(Code::nothing_to_do));
  clocks.advance(std::chrono::hours(2));
  stage_list({}, "https");
  apply();
  BOOST_TEST((certificates().front().certificate != before));
  BOOST_TEST(count("changes-rolled-back") == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_nobody_confirms_is_undone_also_after_a_restart, Unconfirmed) {
  clocks.advance(std::chrono::hours(2));
  agent::CertificateGroups restarted(loop, services(), maker, {}, observer());
  applied.clear();
  run_until([&] { return !applied.empty(); });
  BOOST_TEST(applied.front().rolled_back);
  BOOST_TEST((certificates().front().certificate == before));
  BOOST_TEST((keys.find("opc")->certificate->certificate == before));
  BOOST_TEST(certificates("i=14088").size() == 1u);
  BOOST_TEST(lists.record({"opc", "user-token"}).list.trusted_certificates.empty());
  BOOST_TEST(count("changes-rolled-back") == 1u);
  const std::string shown = groups.info({"opc", "user-token"}).directory;
  BOOST_TEST(std::filesystem::is_empty(shown + "/trusted/certs"));
  stage_list({}, "https");
  apply();
}

BOOST_FIXTURE_TEST_CASE(an_application_that_can_not_be_undone_keeps_no_other_in_force, Unconfirmed) {
  applications.create({"solo", "", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  groups.stage_trust_list(
      agent::owner_of(admin),
      lists.check({"solo", "https"}, {.trusted_certificates = {ca.certificate()}}, agent::State::Clock::now()));
  (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
    groups.apply(agent::owner_of(admin), "solo", {.confirm_within = std::chrono::hours(1)}, std::move(answer));
  });
  refuse_rows("unpublished", "NEW.application = 'opc'");
  applied.clear();
  clocks.advance(std::chrono::hours(2));
  agent::CertificateGroups restarted(loop, services(), maker, {}, observer());
  run_until([&] { return !applied.empty(); });
  BOOST_TEST(applied.front().application == "solo");
  BOOST_TEST(applied.front().rolled_back);
  BOOST_TEST(state.is_unconfirmed("opc"));
  BOOST_TEST(!state.is_unconfirmed("solo"));
}

BOOST_FIXTURE_TEST_CASE(a_confirmation_is_answered_when_the_tpm_remembers_it, Unconfirmed) {
  bool done = false;
  groups.confirm("opc", [&] { done = true; });
  BOOST_TEST(!done);
  run_until([&] { return done; });
  BOOST_TEST(chip.anchor()->generation == state.generation());
}

BOOST_FIXTURE_TEST_CASE(unconfirmed_changes_keep_the_next_transaction_away_after_a_restart, Unconfirmed) {
  transactions.set_unconfirmed("opc", false);
  agent::CertificateGroups restarted(loop, services(), maker, {}, observer());
  BOOST_CHECK_EXCEPTION(stage_list({}, "https"), agent::Error, has_code(Code::transaction_pending));
}

BOOST_AUTO_TEST_CASE(with_an_application_that_is_deleted_the_end_of_setup_goes_that_nobody_has_confirmed) {
  applications.create({"solo", "", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  state.reset_all();
  lists.forget("opc");
  groups.stage_trust_list(
      agent::owner_of(admin),
      lists.check({"solo", "https"}, {.trusted_certificates = {ca.certificate()}}, agent::State::Clock::now()));
  (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
    groups.apply(agent::owner_of(admin), "solo", {.confirm_within = std::chrono::hours(1)}, std::move(answer));
  });
  BOOST_TEST((state.setup_flag() == agent::SetupFlag::verifying));
  const int told = setup_changes;
  groups.remove("solo");
  BOOST_TEST(state.setup_open());
  BOOST_TEST(setup_changes == told + 1);
  BOOST_TEST(!transactions.pending("solo"));
}

BOOST_AUTO_TEST_CASE(a_time_to_confirm_has_its_bound) {
  push(sign(request()));
  BOOST_CHECK_EXCEPTION(apply({.confirm_within = std::chrono::hours(25)}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(apply({.confirm_within = std::chrono::seconds(-1)}), agent::Error,
                        has_code(Code::invalid_argument));
  apply({.confirm_within = std::chrono::hours(24)});
}

BOOST_AUTO_TEST_CASE(who_fails_to_hear_of_changes_in_force_keeps_nothing_from_being_done) {
  push(sign(request()));
  stage_list({.trusted_certificates = {ca.certificate()}}, "user-token");
  changed_groups.clear();
  observers_fail = true;
  apply({.confirm_within = std::chrono::hours(1)});
  observers_fail = false;
  BOOST_TEST(changed_groups.size() == 2u);
  BOOST_TEST(applied.size() == 1u);
  BOOST_TEST(state.unpublished().empty());
  BOOST_TEST(chip.anchor()->generation == state.generation());
  BOOST_TEST(count("certificate-updated") == 1u);
  BOOST_CHECK_EXCEPTION(stage_list({}, "https"), agent::Error, has_code(Code::transaction_pending));
}

BOOST_FIXTURE_TEST_CASE(who_fails_to_hear_that_changes_are_undone_keeps_nothing_from_being_done, Unconfirmed) {
  applied.clear();
  observers_fail = true;
  groups.undo("opc");
  run_until([&] { return !applied.empty(); });
  observers_fail = false;
  BOOST_TEST((certificates().front().certificate == before));
  BOOST_TEST(state.unpublished().empty());
  BOOST_TEST(chip.anchor()->generation == state.generation());
  BOOST_TEST(count("changes-rolled-back") == 1u);
  BOOST_CHECK_NO_THROW(stage_list({}, "https"));
}

BOOST_AUTO_TEST_SUITE_END()
