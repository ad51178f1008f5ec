#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/reconfigured_gateway.h"

using namespace edgeseal;
using agent::Code;
using dbus::Undeclared;
using test::has_code;

BOOST_FIXTURE_TEST_SUITE(reconfiguration, test::ReconfiguredGateway)

BOOST_AUTO_TEST_CASE(a_declared_trust_list_is_due_again_where_a_reset_has_taken_it_away) {
  const test::Authority authority{"Plant CA"};
  declare_trust(authority);
  apply();
  BOOST_TEST(trusts(authority));
  expect_plan({});
  bool reset = false;
  groups.reset(owner, "a", [&reset] { reset = true; });
  run_until([&reset] { return reset; });
  BOOST_TEST(!trusts(authority));
  expect_plan({"added trust-list a/https"});
  BOOST_TEST(apply() == std::vector<std::string>{"added trust-list a/https"}, boost::test_tools::per_element());
  BOOST_TEST(trusts(authority));
  expect_plan({});
}

// By a server that pushed it, say.
BOOST_AUTO_TEST_CASE(how_a_declared_trust_list_is_used_goes_into_force_with_it_and_later_without_it) {
  const test::Authority declared{"Plant CA"}, pushed{"Pushed CA"};
  const auto declare = [&](const std::string& options) {
    write("applications.d/a.toml", "[trust.https]\ntrusted-certificates = [\"\"\"\n" +
                                       agent::pem("CERTIFICATE", declared.certificate()) + "\"\"\"]\n" + options);
  };
  declare("update-frequency = 1000\n");
  apply();
  BOOST_TEST(trusts(declared));
  BOOST_TEST(lists.record({"a", "https"}).update_frequency.count() == 1000);
  expect_plan({});
  changes.replace(owner, {"a", "https"}, {.specified = 1, .trusted_certificates = {pushed.certificate()}});
  bool is_applied = false;
  groups.apply(owner, "a", {}, [&](const auto&) { is_applied = true; });
  run_until([&] { return is_applied; });

  declare("update-frequency = 1000\ndefault-validation-options = [\"suppress-certificate-expired\"]\n");
  BOOST_TEST(apply() == std::vector<std::string>{"changed trust-options a/https"}, boost::test_tools::per_element());
  BOOST_TEST(trusts(pushed));
  BOOST_TEST(lists.record({"a", "https"}).validation_options ==
             (agent::suppress_certificate_expired | agent::check_revocation_status_offline));
  declare("");
  expect_plan({"removed trust-options a/https"});
}

BOOST_AUTO_TEST_CASE(a_device_that_was_reset_begins_with_its_declared_trust_lists_again) {
  const test::Authority authority{"Plant CA"};
  know_disk();
  declare_trust(authority);
  apply();
  bool reset = false;
  groups.reset_all([&reset] { reset = true; });
  run_until([&] { return reset && setup.state() == agent::SetupState::setup_open; });
  reconfiguration->look();
  run_until([&] { return trusts(authority); });
}

BOOST_AUTO_TEST_CASE(a_declared_trust_list_whose_application_somebody_changes_meanwhile_leaves_what_he_staged) {
  const test::Authority authority{"Plant CA"};
  write("applications.d/a.toml", "");
  apply();
  declare_trust(authority);
  write("applications.d/b.toml", "");  // to be published before the list is put into force
  const auto refused = outcome<agent::Reconfiguration::Changes>([&](auto answer) {
    reconfiguration->apply(admin, Undeclared::Refuse, std::move(answer));
    (void)transactions.join(owner, "a");
  });
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(refused));
  BOOST_TEST(has_code(Code::transaction_pending)(std::get<agent::Error>(refused)));
  BOOST_TEST(std::string(std::get<agent::Error>(refused).what()).starts_with("the declared trust list a/https: "));
  BOOST_TEST(outcome_of_last() == "TransactionPending: application b added; trust-list a/https added");
  BOOST_TEST(transactions.pending("a"));
  transactions.cancel(owner, "a");
  apply();
  BOOST_TEST(trusts(authority));
}

// Trust that is in force before the TPM has judged the disk would make a wiped one pass as one that was put back.
BOOST_AUTO_TEST_CASE(trust_lists_wait_for_the_tpm_to_know_the_disk_and_nothing_else_does) {
  const test::Authority authority{"Plant CA"};
  const auto apply_now = [&](std::optional<std::variant<agent::Reconfiguration::Changes, agent::Error>>& answered) {
    reconfiguration->apply(admin, Undeclared::Refuse, [&](auto outcome) { answered = std::move(outcome); });
  };
  std::optional<std::variant<agent::Reconfiguration::Changes, agent::Error>> without, with;
  write("applications.d/b.toml", "");
  apply_now(without);
  run_until([&] { return without.has_value(); });
  declare_trust(authority);
  apply_now(with);
  BOOST_TEST(!state.application("a").has_value());
  know_disk();
  run_until([&] { return with.has_value(); });
  BOOST_TEST(shown(std::get<agent::Reconfiguration::Changes>(*with)) ==
                 (std::vector<std::string>{"added application a", "added trust-list a/https"}),
             boost::test_tools::per_element());
  BOOST_TEST(trusts(authority));
}

BOOST_AUTO_TEST_CASE(on_a_disk_that_was_wiped_who_waited_for_the_tpm_is_refused) {
  chip.set_anchor(tpm::Anchor{true, 0, 4});
  declare_trust(test::Authority{"Plant CA"});
  std::optional<std::variant<agent::Reconfiguration::Changes, agent::Error>> answered;
  reconfiguration->apply(admin, Undeclared::Refuse, [&](auto outcome) { answered = std::move(outcome); });
  know_disk();
  run_until([&] { return answered.has_value(); });
  BOOST_TEST(has_code(Code::invalid_state)(std::get<agent::Error>(*answered)));
  BOOST_TEST(!state.application("a").has_value());
}

BOOST_AUTO_TEST_CASE(a_declared_trust_list_whose_application_somebody_changes_holds_up_no_other) {
  const test::Authority authority{"Plant CA"};
  know_disk();
  for (const char* name : {"a", "b"}) declare_trust(authority, name);
  apply();
  bool reset = false;
  groups.reset_all([&reset] { reset = true; });
  run_until([&] { return reset && setup.state() == agent::SetupState::setup_open; });
  (void)transactions.join(owner, "b");  // the first of the two
  reconfiguration->look();
  run_until([&] { return trusts(authority); });
  BOOST_TEST(!trusts(authority, "b"));
  BOOST_TEST(transactions.pending("b"));
}

BOOST_AUTO_TEST_SUITE_END()
