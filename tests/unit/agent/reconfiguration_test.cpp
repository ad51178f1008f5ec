#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "agent/directories/directory_ports.h"
#include "tests/unit/agent/key_use.h"
#include "tests/unit/agent/reconfigured_gateway.h"

using namespace edgeseal;
using agent::Code;
using dbus::Undeclared;
using test::has_code;

BOOST_FIXTURE_TEST_SUITE(reconfiguration, test::ReconfiguredGateway)

BOOST_AUTO_TEST_CASE(what_was_not_taken_up_for_something_before_it_failed_is_not_unchanged) {
  write("applications.d/a.toml", "");
  write("enrolment.d/plant.toml", "protocol = \"external\"\nslots = [\"a\"]\n");
  fail_to_apply();
  expect_plan({"added profile plant"});
  BOOST_TEST(apply() == std::vector<std::string>{"added profile plant"}, boost::test_tools::per_element());
  expect_plan({});
}

BOOST_AUTO_TEST_CASE(keys_that_wait_for_the_word_of_the_authority_can_be_used_while_a_file_has_it) {
  write("authority.pem", pcr_authority.pem());
  write("edgeseal.toml", "[tpm]\npcr-authority = \"" + directory.file("authority.pem") + "\"\n");
  reload();
  agent::KeyMaker maker_of_bound{state, worker, sealed, keys, authorised, spares};
  const agent::Slot slot = declare("bound", "https/https=ec-p256,pcrs=7");
  const auto key = value<agent::KeyPtr>([&](agent::Answer<agent::KeyPtr> answer) {
    maker_of_bound.create(slot, agent::SlotDeclaration::parse("https/https=ec-p256,pcrs=7").key, {}, std::move(answer));
  });
  const agent::PcrValues first{{7, test::pcr_value(0)}}, later{{7, test::pcr_value(1)}};
  write("pcr-approvals.d/kernel.toml", pcr_authority.file(first));
  expect_plan({"added pcr-approval kernel"});
  BOOST_TEST(!test::signs(*this, key));
  BOOST_TEST(apply() == std::vector<std::string>{"added pcr-approval kernel"}, boost::test_tools::per_element());
  BOOST_TEST(outcome_of_last() == ": pcr-approval kernel added");
  BOOST_TEST(test::signs(*this, key));
  expect_plan({});

  write("pcr-approvals.d/kernel.toml", test::PcrAuthority().file(first));
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(test::signs(*this, key));
  write("pcr-approvals.d/kernel.toml", pcr_authority.file(later));
  BOOST_TEST(apply() == std::vector<std::string>{"changed pcr-approval kernel"}, boost::test_tools::per_element());
  BOOST_TEST(!test::signs(*this, key));
  chip.set_pcr(7, test::pcr_value(1));
  BOOST_TEST(test::signs(*this, key));
  remove("pcr-approvals.d/kernel.toml");
  BOOST_TEST(apply() == std::vector<std::string>{"removed pcr-approval kernel"}, boost::test_tools::per_element());
  BOOST_TEST(!test::signs(*this, key));
}

BOOST_AUTO_TEST_CASE(groups_are_published_one_after_the_other_and_the_loop_runs_in_between) {
  for (const char* file : {"applications.d/a.toml", "applications.d/b.toml", "applications.d/c.toml"}) write(file, "");
  std::optional<std::variant<agent::Reconfiguration::Changes, agent::Error>> answered;
  reconfiguration->apply(admin, Undeclared::Refuse, [&](auto outcome) { answered = std::move(outcome); });
  std::vector<std::size_t> left{state.unpublished().size()};
  while (!answered) {
    loop.run_once(std::chrono::milliseconds(100));
    if (left.back() != state.unpublished().size()) left.push_back(state.unpublished().size());
  }
  BOOST_TEST(left == (std::vector<std::size_t>{3, 2, 1, 0}), boost::test_tools::per_element());
  for (const char* name : {"a", "b", "c"})
    BOOST_TEST(std::filesystem::exists(applications.directory(name, "https")), name);
}

BOOST_AUTO_TEST_CASE(who_applies_while_something_is_applied_has_his_turn_after_it) {
  write("applications.d/a.toml", "");
  std::vector<agent::Reconfiguration::Changes> answers;
  const auto apply_once = [&] {
    reconfiguration->apply(admin, Undeclared::Refuse,
                           [&](std::variant<agent::Reconfiguration::Changes, agent::Error> outcome) {
                             answers.push_back(std::get<agent::Reconfiguration::Changes>(std::move(outcome)));
                           });
  };
  for (int times = 0; times < 3; ++times) apply_once();
  write("applications.d/b.toml", "");  // read by who has his turn later
  BOOST_TEST(answers.empty());
  run_until([&] { return answers.size() == 3; });
  BOOST_TEST(shown(answers[0]) == std::vector<std::string>{"added application a"}, boost::test_tools::per_element());
  BOOST_TEST(shown(answers[1]) == std::vector<std::string>{"added application b"}, boost::test_tools::per_element());
  BOOST_TEST(shown(answers[2]).empty());
}

BOOST_AUTO_TEST_CASE(who_applies_after_one_that_failed_has_his_turn) {
  const test::Authority authority{"Plant CA"};
  write("applications.d/a.toml", "");
  apply();
  declare_trust(authority);
  write("applications.d/b.toml", "");
  std::vector<bool> failed;
  const auto apply_once = [&] {
    reconfiguration->apply(admin, Undeclared::Refuse, [&](const auto& outcome) {
      failed.push_back(std::holds_alternative<agent::Error>(outcome));
      if (transactions.pending("a")) transactions.cancel(owner, "a");
    });
  };
  apply_once();
  (void)transactions.join(owner, "a");
  apply_once();
  run_until([&] { return failed.size() == 2; });
  BOOST_TEST(failed == (std::vector<bool>{true, false}), boost::test_tools::per_element());
  BOOST_TEST(trusts(authority));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_given_back_is_in_the_way_of_none_within_it) {
  const std::string outer = make_pki("x"), inner = make_pki("x/pki");
  declare_adopted({outer});
  apply();
  declare_adopted({inner});
  BOOST_TEST(apply() == (std::vector<std::string>{"added directory " + inner, "removed directory " + outer}),
             boost::test_tools::per_element());
  BOOST_TEST((adoption.has(inner) && !adoption.has(outer)));
}

BOOST_AUTO_TEST_CASE(a_declared_directory_is_released_by_its_file_alone) {
  agent::DirectoryPorts ports{state, adoption, anchor};
  const std::string path = make_pki("x");
  declare_adopted({path});
  apply();
  BOOST_CHECK_EXCEPTION(ports.release(admin, path), dbus::CallError, [](const dbus::CallError& error) {
    return error.name == "InvalidState" && std::string(error.what()).find("application a:") != std::string::npos;
  });
  BOOST_TEST(adoption.has(path));
  declare_adopted({});
  apply();
  BOOST_TEST(!adoption.has(path));
  (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
    adoption.adopt(admin, {path, {"a", "https"}, "annex-f"}, false, std::move(answer));
  });
  ports.release(admin, path);
  BOOST_TEST(!adoption.has(path));
}

BOOST_AUTO_TEST_CASE(of_two_new_directories_within_each_other_none_is_applied_and_at_a_start_one_is_adopted) {
  const std::string outer = make_pki("x"), inner = make_pki("x/pki");
  declare_adopted({inner, outer});
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(adoption.adopted().empty());
  declare_adopted({});
  apply();
  declare_adopted({inner, outer});
  reload();
  reconfiguration->start();
  BOOST_TEST((adoption.has(inner) && !adoption.has(outer)));
  BOOST_TEST(state.adopted().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
