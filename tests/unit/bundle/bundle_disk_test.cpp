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

// --- whoever waits for an answer gets one

BOOST_AUTO_TEST_CASE(where_what_was_accepted_cannot_be_recorded_the_caller_hears_of_it) {
  const std::string session = stage();
  refuse_record("bundle", "EXISTS (SELECT 1 FROM unconfirmed)");
  BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(Code::state_unavailable));
  BOOST_CHECK_EQUAL(closed[session], "accepted");
  BOOST_CHECK(was_audited("bundle-accepted"));
  BOOST_CHECK(setup.state() == SetupState::verifying);
  BOOST_CHECK(bundles->status().verifying);
  take_records();
  bundles->report_contact(Verification::passed, "");
  BOOST_CHECK(setup.state() == SetupState::operational);
}

BOOST_AUTO_TEST_CASE(what_was_accepted_and_could_not_be_recorded_is_undone_in_time) {
  settings.verify_within = std::chrono::seconds(1);
  restart();
  const std::string session = stage();
  refuse_record("bundle", "EXISTS (SELECT 1 FROM unconfirmed)");
  BOOST_CHECK_EXCEPTION(submit(session, pin), Error, has_code(Code::state_unavailable));
  take_records();
  clocks.advance(settings.verify_within);
  run_until([this] { return !applied.empty() && applied.back().rolled_back; });
  bundles->changes_applied(applied.back());
  check_untouched();
}

BOOST_AUTO_TEST_CASE(where_a_refusal_cannot_be_recorded_the_caller_hears_why_it_was_refused) {
  jose::Bundle expired = content();
  expired.not_after = std::chrono::floor<std::chrono::seconds>(now) - std::chrono::hours(1);
  const std::string late = sealed(expired);
  const std::string none = jose::seal_jwe(jose::bytes_of("no bundle"), jose::split_code(pin).password,
                                          jose::min_iterations, jose::bundle_type);
  for (const std::string& content : {late, none}) {
    const std::string session = stage(content);
    refuse_record("bundle");
    BOOST_CHECK_EXCEPTION(submit(session, pin), Error, [](const Error& error) {
      return error.code() != Code::state_unavailable && error.code() != Code::user_access_denied;
    });
    BOOST_CHECK(was_audited("bundle-refused"));
    BOOST_CHECK_EQUAL(closed[session], "refused");
    take_records();
  }
}

BOOST_AUTO_TEST_CASE(where_the_tpm_counts_no_tries_and_that_cannot_be_recorded_the_caller_hears_of_the_tpm) {
  chip.set_anchor(std::nullopt);
  chip.set_owner_auth(Bytes(8, std::byte{1}));
  refuse_record("bundle", "EXISTS (SELECT 1 FROM fact WHERE name = NEW.name)");  // the second time
  BOOST_CHECK_EXCEPTION(stage(), Error, has_code(Code::tpm_unavailable));
}

BOOST_AUTO_TEST_SUITE_END()
