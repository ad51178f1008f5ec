#include <boost/test/unit_test.hpp>

#include "agent/staging/staging.h"
#include "tests/unit/staging/staging_fixture.h"

// What is staged where the disk takes no more.
namespace edgeseal::test {

namespace {

using agent::Code;
using agent::StagedPhase;

}  // namespace

BOOST_AUTO_TEST_SUITE(staging_disk)

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_kept_is_not_staged_and_the_next_try_stages_it, StagingFixture) {
  refuse_record("staged-trust");
  refuse(file(), Code::state_unavailable);
  BOOST_TEST(!staging->set());
  BOOST_TEST(audits("trust-staged") == 0u);
  take_records();
  (void)stage(file());
  BOOST_TEST(state.record("staged-trust").has_value());
  BOOST_TEST(audits("trust-staged") == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_discarded_is_still_there_and_the_next_try_discards_it, StagingFixture) {
  (void)stage(file());
  refuse_removal_of_record("staged-trust");
  BOOST_CHECK_EXCEPTION(staging->discard(), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST((phase() == StagedPhase::staged));
  BOOST_TEST(audits("staged-trust-discarded") == 0u);
  take_records();
  staging->discard();
  BOOST_TEST(!state.record("staged-trust"));
  BOOST_TEST(audits("staged-trust-discarded") == 1u);
  start();
  BOOST_TEST(trusted().empty());
}

BOOST_FIXTURE_TEST_CASE(what_has_proved_itself_stays_and_is_told_of_though_its_record_cannot_be_removed,
                        StagingFixture) {
  (void)stage(file());
  activate();
  refuse_removal_of_record("staged-trust");
  BOOST_TEST(contact({server_certificate()}) == "");
  BOOST_TEST(!staging->set());
  BOOST_TEST(!unconfirmed());
  BOOST_TEST(audits("staged-trust-verified") == 1u);
  BOOST_TEST((setup.state() == agent::SetupState::operational));
  BOOST_TEST(state.record("staged-trust").has_value());
  take_records();
  staging->look();
  BOOST_TEST(!state.record("staged-trust"));
  BOOST_TEST(trusted().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_download_is_told_of_once_it_is_kept, StagingFixture) {
  const std::string url = "https://a.example.com/1.der";
  (void)stage(linked_certificate(url));
  refuse_record("staged-trust");
  BOOST_CHECK_EXCEPTION(staging->fail_download(url, "404"), agent::Error, has_code(Code::state_unavailable));
  BOOST_CHECK_EXCEPTION(staging->deliver(url, Sample().certificate), agent::Error, has_code(Code::state_unavailable));
  BOOST_CHECK_EXCEPTION(staging->deliver(url, plant.certificate()), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST(staging->set()->entries.at(0).problem == "");
  BOOST_TEST(!staging->set()->complete());
  BOOST_TEST(audits("trust-staged") == 1u);
  BOOST_TEST(audits("staged-trust-refused") == 0u);
  take_records();
  staging->fail_download(url, "404");
  start();
  BOOST_TEST(staging->set()->entries.at(0).problem == "404");
  staging->deliver(url, plant.certificate());
  BOOST_TEST(audits("trust-staged") == 2u);
  run_until([&] { return audits("staged-trust-activated") == 1u; });  // it was staged before this start
}

BOOST_FIXTURE_TEST_CASE(where_what_is_in_force_cannot_be_recorded_the_caller_hears_of_it, StagingFixture) {
  (void)stage(file());
  refuse_record("staged-trust", "EXISTS (SELECT 1 FROM unconfirmed)");
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST((phase() == StagedPhase::verifying));
  BOOST_TEST(audits("staged-trust-activated") == 1u);
  take_records();
  BOOST_TEST(contact({server_certificate()}) == "");
  BOOST_TEST(trusted().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(where_a_refusal_cannot_be_recorded_the_caller_hears_why_it_was_refused, StagingFixture) {
  (void)stage(file());
  refuse_record("staged-trust", "instr(NEW.value, CAST('failed' AS BLOB))");
  refuse_rows("trust_list", "1");
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST((phase() == StagedPhase::failed));
  BOOST_TEST(audits("staged-trust-refused") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
