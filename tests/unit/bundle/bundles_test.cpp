#include <boost/test/unit_test.hpp>

#include "tests/unit/bundle/bundle_fixture.h"

using namespace edgeseal;
using namespace edgeseal::agent;
using edgeseal::test::BundleFixture;
using edgeseal::test::has_code;

namespace {

constexpr std::string_view wrong = "wrong-horse-battery-314";

SetupState verifying(const BundleFixture& device) {
  return device.setup.state();
}

// The right PIN, and the content is refused: nothing is left of it.
void check_content_refused(BundleFixture& device, const jose::Bundle& bundle, Code code) {
  const std::string session = device.stage(BundleFixture::sealed(bundle));
  BOOST_CHECK_EXCEPTION(device.submit(session, BundleFixture::pin), Error, has_code(code));
  BOOST_CHECK_EQUAL(device.closed[session], "refused");
  device.check_untouched();
  BOOST_CHECK_EXCEPTION(static_cast<void>(device.bundles->take_tan()), Error, has_code(Code::nothing_to_do));
}

// Accepts a bundle; answers what its record was just before the commit.
Bytes accept_and_recall(BundleFixture& device) {
  const auto record = [&device] { return *device.state.record("bundle"); };
  bool answered = false;
  device.bundles->submit_pin(device.stage(), jose::bytes_of(BundleFixture::pin),
                             [&answered](const auto&) { answered = true; });
  device.run_until([&] { return jose::text_of(record()).find("accepted") != std::string_view::npos; });
  const Bytes before = record();
  device.run_until([&] { return answered; });
  return before;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bundles, BundleFixture)

BOOST_AUTO_TEST_CASE(the_right_pin_puts_what_it_brought_into_force_until_the_first_contact) {
  const std::string session = stage();
  BOOST_CHECK(submit(session, pin).empty());
  BOOST_CHECK(verifying(*this) == SetupState::verifying);
  BOOST_CHECK(trusted().trusted_certificates == std::vector<Bytes>{authority.certificate()});
  const auto status = bundles->status();
  BOOST_CHECK_EQUAL(status.url, "https://provision.example.com/device");
  BOOST_CHECK_EQUAL(status.port, 18444);
  BOOST_CHECK(status.verifying && status.session.empty());
  BOOST_CHECK_EQUAL(closed[session], "accepted");
  bundles->report_contact(Verification::passed, "provision.example.com");
  BOOST_CHECK(setup.state() == SetupState::operational);
  BOOST_CHECK(!bundles->status().verifying);
  BOOST_CHECK(was_audited("bundle-verified"));
}

BOOST_AUTO_TEST_CASE(W16_a_contact_that_failed_undoes_all_that_the_bundle_brought) {
  submit(stage(), pin);
  bundles->report_contact(Verification::failed, "wrong TAN from device");
  check_untouched();
  BOOST_CHECK(was_audited("bundle-rolled-back"));
  BOOST_CHECK_EXCEPTION(bundles->report_contact(Verification::passed, ""), Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(without_a_report_it_is_undone_when_the_time_is_over) {
  settings.verify_within = std::chrono::seconds(1);
  restart();
  submit(stage(), pin);
  clocks.advance(settings.verify_within);
  run_until([this] { return !applied.empty() && applied.back().rolled_back; });
  bundles->changes_applied(applied.back());
  check_untouched();
}

BOOST_AUTO_TEST_CASE(W13_people_are_asked_with_session_tries_and_deadline) {
  const std::string session = stage();
  BOOST_CHECK(wanted == std::vector<std::string>{session});
  const auto status = bundles->status();
  BOOST_CHECK_EQUAL(status.session, session);
  BOOST_CHECK_EQUAL(status.remaining_tries.value(), 3U);
  BOOST_CHECK(status.deadline == now + settings.pin_within);
  BOOST_CHECK_EQUAL(status.source, "the service");
}

BOOST_AUTO_TEST_CASE(W13_where_nobody_gives_the_pin_in_time_the_bundle_is_destroyed) {
  const std::string session = stage();
  elapsed += settings.pin_within + std::chrono::seconds(1);
  BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EQUAL(closed[session], "timed-out");
  check_untouched();
}

BOOST_AUTO_TEST_CASE(W13_the_time_goes_on_while_the_agent_does_not_run) {
  const std::string session = stage();
  elapsed += settings.pin_within + std::chrono::seconds(1);
  restart();
  BOOST_CHECK_EQUAL(closed[session], "timed-out");
  check_untouched();
}

BOOST_AUTO_TEST_CASE(a_bundle_that_waits_is_asked_for_again_after_a_restart) {
  const std::string session = stage();
  restart();
  BOOST_CHECK(wanted == (std::vector<std::string>{session, session}));
  submit(session, pin);
  BOOST_CHECK(setup.state() == SetupState::verifying);
}

BOOST_AUTO_TEST_CASE(H4_a_wrong_pin_changes_nothing_and_costs_one_try) {
  const std::string session = stage();
  BOOST_CHECK_EXCEPTION(submit(session, wrong), Error, has_code(Code::user_access_denied));
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 2U);
  BOOST_CHECK(setup.state() == SetupState::setup_open);
  BOOST_CHECK(trusted() == TrustList{});
  submit(session, pin);
  BOOST_CHECK(setup.state() == SetupState::verifying);
}

BOOST_AUTO_TEST_CASE(W15_the_last_wrong_pin_destroys_the_bundle_and_locks_setup_out) {
  const std::string session = stage();
  for (int count = 0; count < 3; ++count)
    BOOST_CHECK_EXCEPTION(submit(session, wrong), Error, has_code(Code::user_access_denied));
  BOOST_CHECK(setup.state() == SetupState::locked_out);
  BOOST_CHECK_EQUAL(closed[session], "locked-out");
  BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::invalid_state));
  const auto record = state.record("bundle").value();
  const auto stored = jose::text_of(record);
  BOOST_CHECK_EQUAL(stored.find("ciphertext"), std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(W15_after_a_lock_out_a_new_bundle_needs_presence) {
  const std::string session = stage(sealed(content()), 1);
  BOOST_CHECK_EXCEPTION(submit(session, wrong), Error, has_code(Code::user_access_denied));
  BOOST_REQUIRE(setup.state() == SetupState::locked_out);
  setup.report_presence("the button", {});
  if (setup.state() != SetupState::setup_open) return;  // presence is no way to open here: an administrator brings it
  submit(stage(), pin);
  BOOST_CHECK(setup.state() == SetupState::verifying);
}

BOOST_AUTO_TEST_CASE(W15_the_number_of_tries_is_clamped) {
  for (const auto& [given, tries_left] : {std::pair{std::optional<unsigned>(), 3U},
                                          {std::optional(0U), 1U},
                                          {std::optional(1U), 1U},
                                          {std::optional(7U), 7U},
                                          {std::optional(999U), 10U}}) {
    stage(sealed(content()), given, Bundles::Bringer::administrator);
    BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), tries_left);
  }
}

BOOST_AUTO_TEST_CASE(W15_a_try_is_counted_before_it_is_made_and_survives_a_kill) {
  const std::string session = stage();
  bool answered = false;
  bundles->submit_pin(session, jose::bytes_of(pin), [&](const auto&) { answered = true; });
  run_until([this] { return bundles->status().remaining_tries == 2U; });
  BOOST_CHECK(!answered);
  run_until([&] { return answered; });  // its thread ends before what it works on
}

BOOST_AUTO_TEST_CASE(W15_a_restart_gives_no_try_back) {
  const std::string session = stage();
  for (unsigned left : {2U, 1U}) {
    BOOST_CHECK_EXCEPTION(submit(session, wrong), Error, has_code(Code::user_access_denied));
    restart();
    BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), left);
  }
  BOOST_CHECK_EXCEPTION(submit(session, wrong), Error, has_code(Code::user_access_denied));
  BOOST_CHECK(setup.state() == SetupState::locked_out);
}

BOOST_AUTO_TEST_CASE(W15_another_bundle_gives_no_try_back_unless_an_administrator_brings_it) {
  const std::string jwe = sealed(content());
  BOOST_CHECK_EXCEPTION(submit(stage(jwe), wrong), Error, has_code(Code::user_access_denied));
  BOOST_CHECK_EXCEPTION(submit(stage(jwe), wrong), Error, has_code(Code::user_access_denied));
  const std::string session = stage(jwe);
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 1U);
  stage(jwe, {}, Bundles::Bringer::administrator);
  BOOST_CHECK_EQUAL(closed[session], "replaced");
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 3U);
}

BOOST_AUTO_TEST_CASE(W15_many_at_once_get_exactly_as_many_tries_as_there_are) {
  const std::string session = stage();
  int wrong_pins = 0, busy = 0, others = 0;
  const auto count = [&](const Error& error) {
    if (error.code() == Code::user_access_denied)
      ++wrong_pins;
    else
      error.code() == Code::busy ? ++busy : ++others;
  };
  int answered = 0;
  for (int client = 0; client < 100; ++client) {
    try {
      bundles->submit_pin(session, jose::bytes_of(wrong),
                          [&](const std::variant<std::vector<std::string>, Error>& outcome) {
                            ++answered;
                            count(std::get<Error>(outcome));
                          });
    } catch (const Error& error) {
      ++answered;
      count(error);
    }
    if (client % 30 == 29) run_until([&] { return answered == client + 1; });
  }
  run_until([&] { return answered == 100; });
  BOOST_CHECK_EQUAL(wrong_pins, 3);
  BOOST_CHECK(setup.state() == SetupState::locked_out);
  BOOST_CHECK_EQUAL(wrong_pins + busy + others, 100);
}

BOOST_AUTO_TEST_CASE(without_a_tpm_that_counts_no_bundle_is_taken) {
  chip.set_anchor(std::nullopt);
  chip.set_owner_auth(Bytes(8, std::byte{1}));
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::tpm_unavailable));
  check_untouched();
}

BOOST_AUTO_TEST_CASE(W14_the_tan_is_given_out_once_and_only_after_the_bundle_was_opened) {
  const std::string session = stage();
  const auto take = [this] { return std::string(jose::text_of(bundles->take_tan())); };
  BOOST_CHECK_EXCEPTION(take(), Error, has_code(Code::nothing_to_do));
  BOOST_CHECK_EXCEPTION(submit(session, wrong), Error, has_code(Code::user_access_denied));
  BOOST_CHECK_EXCEPTION(take(), Error, has_code(Code::nothing_to_do));
  submit(session, "correct-horse-battery-159");  // the TAN does not open anything
  BOOST_CHECK_EQUAL(take(), "159");
  BOOST_CHECK_EXCEPTION(take(), Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(the_secret_for_the_first_enrolment_is_given_out_once) {
  jose::Bundle bundle = content();
  const auto secret = jose::bytes_of("enrol-once");
  bundle.one_time_secret = {secret.begin(), secret.end()};
  submit(stage(sealed(bundle)), pin);
  BOOST_CHECK_EQUAL(jose::text_of(bundles->take_one_time_secret()), "enrol-once");
  BOOST_CHECK_EXCEPTION(static_cast<void>(bundles->take_one_time_secret()), Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(H2_a_service_brings_bundles_while_setup_is_open_and_an_administrator_always) {
  submit(stage(), pin);
  bundles->report_contact(Verification::passed, "");
  BOOST_REQUIRE(setup.state() == SetupState::operational);
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::invalid_state));
  const std::string session = stage(sealed(content()), {}, Bundles::Bringer::administrator);
  submit(session, pin);
  BOOST_CHECK(bundles->status().verifying);
}

BOOST_AUTO_TEST_CASE(H2_no_pin_changes_a_device_that_was_configured_meanwhile) {
  const std::string session = stage();
  setup.close({});
  BOOST_REQUIRE(setup.state() == SetupState::operational);
  BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 3U);
  bundles->look();
  BOOST_CHECK_EQUAL(closed[session], "setup-over");
  BOOST_CHECK(trusted() == TrustList{});
}

BOOST_AUTO_TEST_CASE(H2_a_bundle_that_waits_does_not_outlive_setup_in_a_restart) {
  const std::string session = stage();
  setup.close({});
  restart();
  BOOST_CHECK_EQUAL(closed[session], "setup-over");
  BOOST_CHECK_EQUAL(bundles->status().session, "");
}

BOOST_AUTO_TEST_CASE(H2_setup_that_ends_while_the_pin_is_tried_leaves_nothing_of_the_bundle) {
  const std::string session = stage();
  std::optional<std::variant<std::vector<std::string>, Error>> outcome;
  bundles->submit_pin(session, jose::bytes_of(pin), [&outcome](auto answer) { outcome = std::move(answer); });
  setup.close({});
  run_until([&outcome] { return outcome.has_value(); });
  BOOST_CHECK(std::get<Error>(*outcome).code() == Code::invalid_state);
  BOOST_CHECK_EQUAL(closed[session], "refused");
  BOOST_CHECK(trusted() == TrustList{});
}

BOOST_AUTO_TEST_CASE(H2_a_pin_waits_while_setup_is_locked) {
  Setup by_presence{{loop, state, anchor, audit}, {.open_by = {OpenWay::presence}}};
  bundles.emplace(Bundles::Services{loop, state, seal, *tries, by_presence, software, audit, {lists, groups, device}},
                  settings, world());
  by_presence.report_presence("the button", {});
  const std::string session = stage();
  by_presence.close({});
  BOOST_REQUIRE(by_presence.state() == SetupState::setup_locked);
  bundles->look();
  BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 3U);
  by_presence.report_presence("the button", {});
  submit(session, pin);
  BOOST_CHECK(by_presence.state() == SetupState::verifying);
  bundles.reset();  // before the setup that it asks
}

BOOST_AUTO_TEST_CASE(H2_a_bundle_without_a_pin_that_waited_for_the_tpm_finds_setup_over) {
  IntegritySeal opening{state, worker, [] {}};
  settings.without_pin = true;
  bundles.emplace(Bundles::Services{loop, state, opening, *tries, setup, software, audit, {lists, groups, device}},
                  settings, world());
  std::optional<std::variant<std::string, Error>> outcome;
  bundles->stage({BundleDelivery::Protection::none, "", {}}, jose::write_bundle(content()), Bundles::Bringer::service,
                 [&outcome](auto answer) { outcome = std::move(answer); });
  setup.close({});
  run_until([&outcome] { return outcome.has_value(); });
  BOOST_CHECK(std::get<Error>(*outcome).code() == Code::invalid_state);
  BOOST_CHECK(trusted() == TrustList{});
  bundles.reset();  // before the seal that it uses
}

BOOST_AUTO_TEST_CASE(W6_a_second_bundle_while_the_first_is_verified_is_refused) {
  submit(stage(), pin);
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(stage(sealed(content()), {}, Bundles::Bringer::administrator), Error,
                        has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(W12_what_is_no_bundle_is_refused_before_anybody_is_asked) {
  for (const std::string& text : {std::string("nonsense"), sealed(content()) + "\n", std::string("a.b.c.d.e")})
    BOOST_CHECK_EXCEPTION(stage(text), Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(stage(std::string(1 << 20, 'A')), Error, has_code(Code::request_too_large));
  BOOST_CHECK(wanted.empty());
  check_untouched();
}

BOOST_AUTO_TEST_CASE(H5_a_bundle_without_a_pin_is_taken_only_where_policy_says_so) {
  const jose::SecretBytes text = jose::write_bundle(content());
  const auto bring = [&] {
    return value<std::string>([&](auto answer) {
      bundles->stage({BundleDelivery::Protection::none, "", {}}, text, Bundles::Bringer::service, std::move(answer));
    });
  };
  BOOST_CHECK_EXCEPTION(bring(), Error, has_code(Code::not_supported));
  check_untouched();
  settings.without_pin = true;
  restart();
  BOOST_CHECK_EQUAL(bring(), "");
  BOOST_CHECK(setup.state() == SetupState::verifying);
}

BOOST_AUTO_TEST_CASE(W2_a_bundle_for_another_device_is_refused) {
  jose::Bundle bundle = content();
  bundle.device = "4712";
  check_content_refused(*this, bundle, Code::security_checks_failed);
  bundle.device = "4711";
  submit(stage(sealed(bundle)), pin);
  BOOST_CHECK(setup.state() == SetupState::verifying);
}

BOOST_AUTO_TEST_CASE(EN32_a_bundle_whose_time_is_over_is_refused) {
  jose::Bundle bundle = content();
  bundle.not_after = std::chrono::floor<std::chrono::seconds>(now) - std::chrono::seconds(1);
  check_content_refused(*this, bundle, Code::security_checks_failed);
}

BOOST_AUTO_TEST_CASE(EN32_a_bundle_without_an_end_is_taken_and_remembered_as_such) {
  jose::Bundle bundle = content();
  bundle.not_after = std::chrono::sys_days(std::chrono::year(9999) / std::chrono::December / 31);
  submit(stage(sealed(bundle)), pin);
  BOOST_CHECK(setup.state() == SetupState::verifying);
  bundles->report_contact(Verification::failed, "");
  restart();
  check_content_refused(*this, bundle, Code::security_checks_failed);
}

BOOST_AUTO_TEST_CASE(EN32_a_bundle_is_taken_once) {
  const jose::Bundle bundle = content();
  submit(stage(sealed(bundle)), pin);
  bundles->report_contact(Verification::failed, "");
  check_content_refused(*this, bundle, Code::security_checks_failed);
}

BOOST_AUTO_TEST_CASE(EN32_only_a_well_formed_bundle_costs_a_try) {
  const std::string session = stage();
  BOOST_CHECK_EXCEPTION(submit(session, "123"), Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(submit("another", pin), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EQUAL(bundles->status().remaining_tries.value(), 3U);
}

BOOST_AUTO_TEST_CASE(W9_anchors_are_certificates_of_cas_and_different_ones) {
  jose::Bundle bundle = content();
  bundle.anchors.push_back(authority.issue());
  check_content_refused(*this, bundle, Code::certificate_invalid);
  bundle = content();
  bundle.anchors.push_back(authority.certificate());
  check_content_refused(*this, bundle, Code::certificate_invalid);
  bundle = content();
  bundle.anchors.push_back(Bytes(20));
  check_content_refused(*this, bundle, Code::certificate_invalid);
  bundle = content();
  bundle.anchors.push_back(test::Authority("Second CA").certificate());
  submit(stage(sealed(bundle)), pin);
  BOOST_CHECK_EQUAL(trusted().trusted_certificates.size(), 2U);
}

BOOST_AUTO_TEST_CASE(a_short_pin_is_told_with_the_time_that_a_guess_takes) {
  const auto warnings = submit(stage(sealed(content(), "123456789")), "123456789");
  BOOST_REQUIRE_EQUAL(warnings.size(), 1U);
  BOOST_CHECK_NE(warnings.front().find("20 bits"), std::string::npos);
  BOOST_CHECK_NE(warnings.front().find("12 seconds"), std::string::npos);
  BOOST_CHECK(was_audited("bundle-weak-pin"));
}

BOOST_AUTO_TEST_CASE(W11_no_pin_or_tan_stands_in_the_state_or_the_audit) {
  submit(stage(), pin);
  const auto record = state.record("bundle").value();
  for (const std::string_view secret : {"correct-horse", "battery", "314"}) {
    if (secret.size() > 3) BOOST_CHECK_EQUAL(jose::text_of(record).find(secret), std::string_view::npos);
    for (const auto& entry : audited)
      for (const auto& [name, value] : entry.fields)
        if (secret.size() > 3) BOOST_CHECK_EQUAL(value.find(secret), std::string::npos);
  }
}

// --- W37: the agent ends at an instant of its own choice

BOOST_AUTO_TEST_CASE(W37_an_end_before_the_commit_leaves_the_bundle_as_it_waited) {
  const Bytes before = accept_and_recall(*this);
  groups.undo(device_application_name);  // what was committed was not, for this test
  state.put_record("bundle", before);
  restart();
  BOOST_CHECK(setup.state() == SetupState::setup_open);
  BOOST_CHECK(trusted() == TrustList{});
}

BOOST_AUTO_TEST_CASE(W37_an_end_after_the_commit_finds_the_bundle_accepted) {
  const Bytes before = accept_and_recall(*this);
  state.put_record("bundle", before);
  restart();
  BOOST_CHECK(setup.state() == SetupState::verifying);
  BOOST_CHECK(bundles->status().verifying);
  BOOST_CHECK_EQUAL(server(), "https://provision.example.com/device");
  bundles->report_contact(Verification::passed, "");
  BOOST_CHECK(setup.state() == SetupState::operational);
}

BOOST_AUTO_TEST_SUITE_END()
