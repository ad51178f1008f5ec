#include <boost/test/unit_test.hpp>

#include "agent/setup/setup.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_list_changes.h"
#include "agent/trust/trust_ports.h"
#include "tests/unit/agent/server.h"

using namespace edgeseal;
using agent::Code;

namespace {

// An OPC UA server that delegates to an agent whose device was never configured.
struct Fixture : test::Server {
  Fixture() {
    state.reset_all();
    lists.forget("opc");
    anchor.check();
    run_until([&] { return anchor.finding() == agent::StateAnchor::Finding::consistent && worker.pending() == 0; });
    setup.refresh("what the TPM remembers", {});
    setup_is_open = [this] { return setup.state() == agent::SetupState::setup_open; };
    audited.clear();
  }

  void validate(const agent::Bytes& peer) { (void)ports.validate(admin, {"opc", "application"}, {peer}, {}); }
  [[nodiscard]] std::string refusal(const std::function<void()>& call) {
    try {
      call();
    } catch (const dbus::CallError& error) {
      return error.name;
    }
    return "";
  }
  [[nodiscard]] dbus::Caller client(const agent::Bytes& certificate) const {
    dbus::Caller caller = admin;
    caller.client_certificate = certificate;
    return caller;
  }
  // What a push client does first: the list of its plant.
  void push_list(const dbus::Caller& caller) {
    dbus::TrustListContents contents;
    contents.trusted_certificates = {ca.certificate()};
    contents.trusted_crls = {ca.crl()};
    (void)ports.set_trust_list(caller, {"opc", "application"}, contents);
    std::optional<std::variant<std::monostate, dbus::CallError>> outcome;
    ports.apply_changes(caller, "opc", {}, [&](auto result) { outcome = std::move(result); });
    run_until([&] { return outcome.has_value() && worker.pending() == 0; });
    setup.refresh("configuration", {});
    BOOST_TEST(std::holds_alternative<std::monostate>(*outcome));
  }
  void make_default_certificate() {
    (void)value<agent::Bytes>([&](agent::Answer<agent::Bytes> answer) {
      configuration.create_self_signed({":1.7"}, target(), {}, std::move(answer));
    });
    (void)value<std::monostate>(
        [&](agent::Answer<std::monostate> answer) { groups.apply({":1.7"}, "opc", {}, std::move(answer)); });
  }

  agent::Setup setup{{loop, state, anchor, audit}, {}};
  agent::TrustListChanges changes{
      lists, transactions, files, [] { return agent::State::Clock::now(); },
      [this](const agent::TransactionOwner& owner, const dbus::GroupName&, agent::CheckedTrustList list) {
        groups.stage_trust_list(owner, std::move(list));
      }};
  agent::TrustAlarms alarms{loop,
                            state,
                            lists,
                            audit,
                            {},
                            [] { return agent::State::Clock::now(); },
                            [](const dbus::GroupName&, const agent::Alarm&) {}};
  agent::TrustPorts ports{
      {applications, groups, transactions, lists, files, changes, validation, alarms, configuration, anchor}};
  const agent::Bytes stranger = test::Authority("stranger").certificate();
  const agent::Bytes engineer = ca.issue();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(first_contact, Fixture)

BOOST_AUTO_TEST_CASE(C1_no_client_is_served_before_the_server_has_a_certificate) {
  const auto push = [&] { push_list(admin); };
  BOOST_TEST(refusal(push) == "OutOfService");
  chip.fail(tpm::Fault::failed);
  BOOST_CHECK_THROW(make_default_certificate(), agent::Error);
  chip.fail(std::nullopt);
  BOOST_TEST(refusal(push) == "OutOfService");
  transactions.forget("opc");
  make_default_certificate();
  BOOST_TEST(configuration.info("opc").in_application_setup);  // what the factory made ends nothing
  BOOST_TEST(refusal(push) == "");
}

BOOST_AUTO_TEST_CASE(C2_a_server_says_that_it_is_in_setup_and_a_client_may_configure_it) {
  BOOST_TEST(configuration.info("opc").in_application_setup);
  make_default_certificate();
  push_list(client(engineer));
  BOOST_TEST(!configuration.info("opc").in_application_setup);
}

BOOST_AUTO_TEST_CASE(C6_any_client_connects_while_nobody_is_trusted_and_none_but_the_trusted_after) {
  validate(stranger);
  BOOST_TEST(count("validation-error-suppressed") == 1u);
  make_default_certificate();
  push_list(admin);
  BOOST_TEST(refusal([&] { validate(stranger); }) == "CertificateUntrusted");
  validate(engineer);
}

BOOST_AUTO_TEST_CASE(C6_what_is_wrong_besides_stays_wrong) {
  BOOST_TEST(refusal([&] { validate(agent::Bytes(20)); }) == "CertificateInvalid");
  BOOST_TEST(refusal([&] { (void)ports.validate(admin, {"opc", "https"}, {stranger}, {}); }) == "CertificateUntrusted");
}

BOOST_AUTO_TEST_CASE(C8_nobody_connects_to_a_device_that_somebody_has_to_open) {
  agent::Setup::Settings settings;
  settings.open_by = {agent::OpenWay::presence};
  agent::Setup by_hand({loop, state, anchor, audit}, settings);
  setup_is_open = [&] { return by_hand.state() == agent::SetupState::setup_open; };
  BOOST_TEST(refusal([&] { validate(stranger); }) == "CertificateUntrusted");
  by_hand.report_presence("a button", {});
  validate(stranger);
  by_hand.close({});
  BOOST_TEST(refusal([&] { validate(stranger); }) == "CertificateUntrusted");
}

BOOST_AUTO_TEST_CASE(C12_changes_come_from_clients_that_are_trusted) {
  make_default_certificate();
  push_list(client(stranger));  // the first one
  BOOST_TEST(refusal([&] { push_list(client(stranger)); }) == "CertificateUntrusted");
  BOOST_TEST(refusal([&] { ports.reset_to_server_defaults(client(stranger), "opc", [](auto) {}); }) ==
             "CertificateUntrusted");
  BOOST_TEST(refusal([&] { push_list(client(engineer)); }) == "");
}

BOOST_AUTO_TEST_CASE(C19_who_was_let_in_before_is_cut_off_by_the_first_list) {
  validate(stranger);
  make_default_certificate();
  applied.clear();
  push_list(admin);
  BOOST_TEST_REQUIRE(applied.size() == 1u);  // the server is told that its channels have to be looked at
  BOOST_TEST((applied.front().trust_lists == std::vector<std::string>{"application"}));
  BOOST_TEST(refusal([&] { validate(stranger); }) == "CertificateUntrusted");
}

BOOST_AUTO_TEST_SUITE_END()
