// Under which id the journal has what somebody acts on.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "agent/access.h"
#include "agent/configuration/declared_record.h"
#include "agent/failure.h"
#include "agent/renewal/profiles.h"
#include "agent/setup/pin_marker.h"
#include "tests/fakes/fake_journal.h"
#include "tests/unit/agent/overwritten_index.h"
#include "tests/unit/agent/state_fixture.h"

using namespace edgeseal;
using agent::Code;
using agent::Event;
using agent::Level;

namespace {

std::string id_of(Event event) {
  (void)test::take_journal();
  agent::log(Level::info, event, "");
  return test::take_journal().front().at("MESSAGE_ID");
}

template <class Step>
std::vector<std::string> ids_after(const Step& step) {
  (void)test::take_journal();
  step();
  std::vector<std::string> ids;
  for (const auto& entry : test::take_journal()) ids.push_back(entry.at("MESSAGE_ID"));
  return ids;
}

// The id of the one entry that `step` writes.
template <class Step>
std::string id_after(const Step& step) {
  const auto ids = ids_after(step);
  BOOST_TEST_REQUIRE(ids.size() == 1u);
  return ids.front();
}

std::string id_of_failure(const std::exception& error) {
  return id_after([&] { agent::log_failure(Level::error, "it", error); });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(journal_events, test::StateFixture)

BOOST_AUTO_TEST_CASE(a_failure_is_told_by_what_hinders_it_and_not_as_a_defect) {
  BOOST_TEST(id_of_failure(agent::Error(Code::state_unavailable, "full")) == id_of(Event::disk_trouble));
  BOOST_TEST(id_of_failure(agent::Error(Code::security_checks_failed, "seal")) == id_of(Event::record_damaged));
  BOOST_TEST(id_of_failure(agent::Error(Code::tpm_unavailable, "away")) == id_of(Event::put_off));
  BOOST_TEST(id_of_failure(agent::Error(Code::busy, "later")) == id_of(Event::put_off));
  BOOST_TEST(id_of_failure(agent::Error(Code::certificate_untrusted, "root")) == id_of(Event::step_failed));
  BOOST_TEST(id_of_failure(agent::Error(Code::internal_error, "?")) == id_of(Event::internal_error));
  BOOST_TEST(id_of_failure(std::runtime_error("?")) == id_of(Event::internal_error));
}

BOOST_AUTO_TEST_CASE(a_mistake_in_the_configuration_is_no_new_application_and_no_denied_program) {
  const std::string mistake = id_of(Event::configuration_not_in_force);
  BOOST_TEST(id_after([&] { (void)agent::Profiles(*state, {{"plant", {}, "plant.toml:1: no url"}}); }) == mistake);
  agent::ApplicationRecord application;
  application.name = "web";
  application.access = {"nonsense"};
  BOOST_TEST(id_after([&] { (void)agent::known_access(application); }) == mistake);
}

BOOST_AUTO_TEST_CASE(trouble_with_the_disk_is_no_defect) {
  const agent::PinMarker marker(path + "/nowhere");
  BOOST_TEST(id_after([&] { marker.show("1"); }) == id_of(Event::disk_trouble));
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_no_defect) {
  const std::string text = "nonsense";
  state->put_record("declared", std::as_bytes(std::span(text)));
  BOOST_TEST(id_after([&] { (void)agent::read_declared(*state); }) == id_of(Event::record_damaged));
}

BOOST_AUTO_TEST_CASE(a_repair_of_the_state_is_no_attack_on_what_is_trusted) {
  (void)put_key(1, web);
  state.reset();
  test::overwrite_index(path);
  BOOST_REQUIRE(::chmod((path + "/state.db").c_str(), 0644) == 0);
  const auto ids = ids_after([&] { state.emplace(path); });
  BOOST_TEST((ids == std::vector{id_of(Event::permissions_repaired), id_of(Event::state_repaired)}));
}

BOOST_AUTO_TEST_SUITE_END()
