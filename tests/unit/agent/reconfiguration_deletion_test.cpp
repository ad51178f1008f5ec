#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/unit/agent/reconfigured_gateway.h"

using namespace edgeseal;
using agent::Code;
using dbus::Undeclared;
using test::has_code;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(reconfiguration, test::ReconfiguredGateway)

BOOST_AUTO_TEST_CASE(a_deletion_that_failed_is_shown_and_has_to_be_asked_for_again) {
  write("applications.d/a.toml", "");
  write("applications.d/b.toml", "");
  apply();
  (void)request({"b", "https", "https"});
  remove("applications.d/a.toml");
  remove("applications.d/b.toml");
  fail_to_apply(Undeclared::Delete);
  BOOST_TEST(state.deletions() == std::vector<std::string>{"b"}, boost::test_tools::per_element());
  BOOST_TEST(outcome_of_last() == "ResourceUnavailable: application a removed; application b removed");
  BOOST_REQUIRE(state.application("b"));

  BOOST_CHECK_EXCEPTION(expect_plan({}), agent::Error, has_code(Code::invalid_state));
  expect_plan({"removed application b"}, Undeclared::Delete);
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST(state.keys_of("b").size() == 1u);

  BOOST_TEST(apply(Undeclared::Delete) == std::vector<std::string>{"removed application b"},
             boost::test_tools::per_element());
  BOOST_TEST(outcome_of_last() == ": application b removed");
  BOOST_TEST(!state.application("b"));
  BOOST_TEST(state.deletions().empty());
  BOOST_TEST(state.application("web").has_value());  // that of the bus
  expect_plan({});
}

BOOST_AUTO_TEST_CASE(a_deletion_that_failed_is_off_where_the_file_is_there_again) {
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) write(file, "");
  apply();
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) remove(file);
  fail_to_apply(Undeclared::Delete);
  write("applications.d/b.toml", "");
  BOOST_TEST(apply() == std::vector<std::string>{"changed application b"}, boost::test_tools::per_element());
  BOOST_TEST(state.deletions().empty());
  reconfiguration->start();
  BOOST_TEST(state.application("b").has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_gone_at_a_start_is_asked_for_as_before_it) {
  write("applications.d/a.toml", "access = [\"user=0\"]\n");
  apply();
  remove("applications.d/a.toml");
  for (int starts = 0; starts < 2; ++starts) applications.withdraw_undeclared({});
  BOOST_TEST(applications.get("a").access.empty());
  BOOST_CHECK_EXCEPTION(applications.add_access_rule("a", "user=0"), agent::Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(expect_plan({}), agent::Error, has_code(Code::invalid_state));
  expect_plan({"removed application a"}, Undeclared::Delete);
  write("applications.d/a.toml", "access = [\"user=0\"]\n");
  BOOST_TEST(apply() == std::vector<std::string>{"changed application a"}, boost::test_tools::per_element());
  expect_plan({});
  remove("applications.d/a.toml");
  applications.withdraw_undeclared({});
  apply(Undeclared::Delete);
  BOOST_TEST(!state.application("a").has_value());
}

BOOST_AUTO_TEST_CASE(a_deletion_that_is_due_is_not_that_of_another_application_of_the_name) {
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) write(file, "");
  apply();
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) remove(file);
  fail_to_apply(Undeclared::Delete);  // after the first of them
  BOOST_REQUIRE(!state.application("a"));
  applications.remove("b");
  for (const char* name : {"a", "b"}) (void)request(declare(name, "https/https=ec-p256"));
  reload();
  reconfiguration->start();
  for (const char* name : {"a", "b"}) BOOST_TEST(state.keys_of(name).size() == 1u, name);
}

BOOST_AUTO_TEST_CASE(of_deletions_that_are_due_at_a_start_one_that_fails_keeps_nothing_else_from_its_end) {
  const agent::Slot a = declare("a", "https/https=ec-p256");
  for (const char* name : {"b", "c"}) (void)declare(name, "https/https=ec-p256");
  state.put_deletions({"a", "b", "c"});
  bool made = false;
  groups.create_signing_request(owner, {a.application, a.group}, a.certificate_type, {},
                                [&made](const auto&) { made = true; });
  fails = true;  // what the bus is told of the first that is deleted
  reconfiguration->start();
  BOOST_TEST(state.deletions() == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  for (const char* name : {"b", "c"}) BOOST_TEST(!state.application(name), name);
  run_until([&made] { return made; });
  reconfiguration->start();
  BOOST_TEST(!state.application("a"));
}

BOOST_AUTO_TEST_CASE(what_is_about_to_be_deleted_is_not_published_before) {
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) write(file, "");
  apply();
  std::vector<std::string> published, deleted;
  applications.observe({[](const agent::ApplicationRecord&) {},
                        [&](const agent::ApplicationRecord& application, const agent::PublishedGroup&) {
                          published.push_back(application.name);
                        },
                        [](const std::string&) {}, [&](const std::string& name) { deleted.push_back(name); }});
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) remove(file);
  apply(Undeclared::Delete);
  BOOST_TEST(published.empty());
  BOOST_TEST(deleted == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
  for (const char* name : {"a", "b"}) BOOST_TEST(!fs::exists(applications.directory(name, "https")), name);
  applications.observe({[](const agent::ApplicationRecord&) {}, {}, {}});
}

// They were written down in the record of what files declare.
BOOST_AUTO_TEST_CASE(deletions_that_were_due_before_an_upgrade_are_due_after_it) {
  for (const char* name : {"a", "b"}) (void)declare(name, "https/https=ec-p256");
  const auto cbor = nlohmann::json::to_cbor(nlohmann::json{{"directories", nlohmann::json::array()},
                                                           {"trust-lists", nlohmann::json::object()},
                                                           {"deletions", {"a", "gone"}}});
  state.put_record("declared", std::as_bytes(std::span(cbor)));
  reconfiguration->start();
  BOOST_TEST(!state.application("a"));
  BOOST_TEST(state.application("b").has_value());
  (void)declare("gone", "https/https=ec-p256");
  reconfiguration->start();
  BOOST_TEST(state.application("gone").has_value());
}

BOOST_AUTO_TEST_CASE(what_was_deleted_is_taken_away_in_turns_of_the_loop) {
  for (const char* file : {"applications.d/a.toml", "applications.d/d.toml"}) write(file, "");
  apply();
  for (const char* file : {"applications.d/a.toml", "applications.d/d.toml"}) remove(file);
  for (const char* file : {"applications.d/b.toml", "applications.d/c.toml"}) write(file, "");
  const auto stands = [&](const char* name) { return fs::exists(applications.directory(name, "https")); };
  bool answered = false;
  reconfiguration->apply(admin, Undeclared::Delete, [&](const auto&) { answered = true; });
  BOOST_TEST(stands("d"));
  BOOST_TEST(!stands("b"));
  run_until([&] { return answered; });
  for (const char* name : {"a", "d"}) BOOST_TEST(!stands(name), name);
  for (const char* name : {"b", "c"}) BOOST_TEST(stands(name), name);
  BOOST_TEST(state.unpublished().empty());
}

BOOST_AUTO_TEST_CASE(an_application_that_has_the_name_of_a_deleted_one_meanwhile_keeps_its_directory) {
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) write(file, "");
  apply();
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml"}) remove(file);
  bool answered = false;
  reconfiguration->apply(admin, Undeclared::Delete, [&](const auto&) { answered = true; });
  (void)declare("b", "https/https");  // whose turn is still to come
  run_until([&] { return answered; });
  BOOST_TEST(fs::exists(applications.directory("b", "https")));
}

BOOST_AUTO_TEST_SUITE_END()
