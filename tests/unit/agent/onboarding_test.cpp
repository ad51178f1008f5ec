#include <boost/test/unit_test.hpp>

#include "agent/certificates/server_configuration.h"
#include "agent/device/device_ports.h"
#include "agent/onboarding/ticket_verification.h"
#include "tests/unit/agent/manufactured_device.h"
#include "tests/unit/agent/ticket_maker.h"

using namespace edgeseal;
using agent::Bytes;
using agent::Code;
using agent::DcaState;
using agent::IdentityKind;
using agent::Onboarding;
using test::has_code;

BOOST_TEST_DONT_PRINT_LOG_VALUE(agent::DcaState)

namespace {

struct Fixture : test::ManufacturedDevice {
  [[nodiscard]] std::vector<std::string> shown_keys() {
    std::vector<std::string> names;
    for (const agent::EndpointCertificate& endpoint : onboarding.endpoints()) names.push_back(endpoint.key_name);
    return names;
  }
  void expect_endpoints(const std::vector<std::string>& names) {
    const auto shown = shown_keys();
    BOOST_TEST(shown == names, boost::test_tools::per_element());
  }
  Onboarding with(const Onboarding::Settings& settings) {
    return {state, identity, lists, audit, settings, [] {}};
  }
  void judge(const Bytes& peer) { (void)validation.judge({"device", "application"}, std::vector<Bytes>{peer}, {}); }
  void reset() {
    state.reset("device");
    lists.forget("device");
    keys.forget_cached();
  }

  // Answers go to `verified`.
  void verify(uid_t account = 0) {
    ports.verify_ticket({":1.9", account}, ticket, {maker_of_tickets.certificate()}, {},
                        [this](auto outcome) { verified.push_back(std::move(outcome)); });
  }

  agent::DevicePorts ports{{identity, onboarding, anchor, background, [] { return agent::State::Clock::now(); },
                            [] { return std::nullopt; }},
                           [] {}};
  std::vector<std::variant<dbus::TicketInfo, dbus::CallError>> verified;
  const test::Authority maker_of_tickets{"ticket CA"};
  const test::TicketMaker signer{maker_of_tickets};
  const Bytes ticket = test::encoded_ticket(test::device_ticket, {signer.signature(test::device_ticket)});
};

const std::string idevid_key = "device/identity/idevid", ldevid_key = "device/identity/ldevid",
                  dca_key = "device/application/ecc-nist-p256";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(onboarding, Fixture)

BOOST_AUTO_TEST_CASE(G1_an_unconfigured_device_shows_an_endpoint_for_each_identity) {
  BOOST_TEST(onboarding.endpoints().empty());
  const Bytes idevid = make_idevid(), ldevid = self_sign(wish(IdentityKind::ldevid));
  BOOST_TEST(onboarding.state() == DcaState::unconfigured);
  expect_endpoints({idevid_key, ldevid_key});
  BOOST_TEST((onboarding.endpoints().front().certificate == idevid));
  BOOST_TEST((onboarding.endpoints().back().certificate == ldevid));
}

BOOST_AUTO_TEST_CASE(C15_a_discovered_device_presents_the_certificate_of_the_list_for_the_installer) {
  make_idevid();
  const auto listed = identities();
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_REQUIRE(onboarding.endpoints().size() == 1u);
  BOOST_TEST((onboarding.endpoints().front().certificate == listed.front().certificate));
  BOOST_TEST((keys.find(idevid_key)->certificate->certificate == listed.front().certificate));
}

BOOST_AUTO_TEST_CASE(G3_tickets_are_given_back_byte_for_byte_before_anybody_is_trusted) {
  const Bytes loose = test::bytes_of(" " + std::string(reinterpret_cast<const char*>(ticket.data()), ticket.size()));
  onboarding.set_tickets({ticket, loose});
  BOOST_TEST(onboarding.state() == DcaState::unconfigured);
  BOOST_TEST((onboarding.tickets() == std::vector<Bytes>{ticket, loose}));
  BOOST_TEST((with({}).tickets() == std::vector<Bytes>{ticket, loose}));
}

BOOST_AUTO_TEST_CASE(G3_what_is_no_ticket_is_not_stored) {
  onboarding.add_ticket(ticket);
  const Bytes none =
      test::encoded_ticket(test::device_ticket, {signer.signature(test::device_ticket, {{"alg", "none"}})});
  const Bytes no_ticket = test::encoded_ticket("{}", {signer.signature("{}")});
  for (const Bytes& wrong : {none, no_ticket, test::bytes_of("text")})
    BOOST_CHECK_EXCEPTION(onboarding.add_ticket(wrong), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(onboarding.add_ticket(ticket), agent::Error, has_code(Code::entry_exists));
  BOOST_CHECK_EXCEPTION(onboarding.set_tickets(std::vector<Bytes>(Onboarding::max_tickets + 1, ticket)), agent::Error,
                        has_code(Code::request_too_large));
  BOOST_TEST(onboarding.tickets().size() == 1u);
}

// Whoever asks decides how long it takes.
BOOST_AUTO_TEST_CASE(tickets_are_verified_beside_the_loop_a_few_at_a_time_and_one_of_an_account) {
  const auto is_busy = [](const dbus::CallError& error) { return error.name == "ServerTooBusy"; };
  for (uid_t account = 0; account < agent::DevicePorts::max_verifying; ++account) {
    verify(account);
    BOOST_CHECK_EXCEPTION(verify(account), dbus::CallError, is_busy);
  }
  BOOST_TEST(verified.empty());
  BOOST_CHECK_EXCEPTION(verify(agent::DevicePorts::max_verifying), dbus::CallError, is_busy);
  run_until([&] { return verified.size() == agent::DevicePorts::max_verifying; });
  for (const auto& outcome : verified)
    BOOST_TEST(std::get<dbus::TicketInfo>(outcome).signatures.front() == "valid: CN=ticket signer");
  verify();
  run_until([&] { return verified.size() > agent::DevicePorts::max_verifying; });
}

BOOST_AUTO_TEST_CASE(G4_a_registrar_finds_the_application_group_empty) {
  make_idevid();
  BOOST_TEST(groups.certificates({"device", "application"}).empty());
  BOOST_TEST((lists.record({"device", "application"}).list == agent::TrustList{}));
}

BOOST_AUTO_TEST_CASE(G5_the_first_registrar_wins_and_a_second_one_mixes_nothing_in) {
  make_idevid();
  stage_certificate(registrar);
  const test::Authority rival_plant("rival CA");
  BOOST_CHECK_EXCEPTION(stage_trust(rival, rival_plant), agent::Error, has_code(Code::transaction_pending));
  BOOST_CHECK_EXCEPTION(stage_certificate(rival), agent::Error, has_code(Code::transaction_pending));
  stage_trust(registrar, plant);
  apply(registrar);
  BOOST_TEST(onboarding.state() == DcaState::ready);
  const agent::TrustList& list = lists.record({"device", "application"}).list;
  BOOST_TEST((list.trusted_certificates == std::vector<Bytes>{plant.certificate()}));
}

BOOST_AUTO_TEST_CASE(no_registrar_changes_the_identity_of_the_device) {
  make_idevid();
  agent::ServerConfiguration server{state,      applications, groups, transactions,        lists,
                                    validation, audit,        {},     [] { return false; }};
  const dbus::Caller caller{":1.7", 0, 1, "first", "joe"};
  BOOST_TEST(server.info("device").certificate_groups == (std::vector<std::string>{"application", "provisioning"}),
             boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION(server.delete_certificate(caller, {"device", "identity", "idevid"}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)server.certificates("device", "identity"), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(G5_a_certificate_without_a_trust_list_configures_nothing) {
  make_idevid();
  stage_certificate(registrar);
  apply(registrar);
  BOOST_TEST(onboarding.state() == DcaState::unconfigured);
  expect_endpoints({idevid_key, dca_key});
}

BOOST_AUTO_TEST_CASE(G6_after_that_registrars_that_are_not_in_the_list_are_refused) {
  make_idevid();
  configure();
  BOOST_CHECK_NO_THROW(judge(plant.issue()));
  BOOST_CHECK_EXCEPTION(judge(test::Authority("rival CA").issue()), agent::Error, [](const agent::Error& error) {
    return error.code() == Code::certificate_chain_incomplete || error.code() == Code::certificate_untrusted;
  });
}

BOOST_AUTO_TEST_CASE(G7_a_device_that_is_ready_shows_the_certificate_of_the_dca_alone) {
  make_idevid();
  self_sign(wish(IdentityKind::ldevid));
  configure();
  BOOST_TEST(onboarding.state() == DcaState::ready);
  expect_endpoints({dca_key});
}

BOOST_AUTO_TEST_CASE(G8_while_software_is_behind_the_dca_has_its_certificate_and_lets_nobody_else_in) {
  make_idevid();
  onboarding.set_software_status({false, "1.0"});
  configure();
  BOOST_TEST(onboarding.state() == DcaState::dca_certificate);
  expect_endpoints({idevid_key, dca_key});
  BOOST_CHECK_NO_THROW(judge(plant.issue()));
  BOOST_CHECK_THROW(judge(test::Authority("rival CA").issue()), agent::Error);
}

BOOST_AUTO_TEST_CASE(G9_the_updater_says_when_the_software_is_up_to_date_and_a_restart_forgets_nothing) {
  make_idevid();
  Onboarding waiting = with({false, true});
  BOOST_TEST(!waiting.software_status().up_to_date);
  configure();
  BOOST_TEST(waiting.state() == DcaState::dca_certificate);
  waiting.set_software_status({true, "2.4.1"});
  Onboarding restarted = with({false, true});
  BOOST_TEST((restarted.software_status() == agent::SoftwareStatus{true, "2.4.1"}));
  BOOST_TEST(restarted.state() == DcaState::ready);
  BOOST_CHECK_EXCEPTION(restarted.set_software_status({true, "2\n4"}), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(G10_every_application_is_there_to_be_configured_once_the_device_is_ready) {
  applications.create({"web", "", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  make_idevid();
  BOOST_TEST(!onboarding.configures_others());
  configure();
  BOOST_TEST(onboarding.configures_others());
  BOOST_TEST(onboarding.configurable_applications() == std::vector<std::string>{"web"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(G11_a_singleton_shows_no_applications_and_configures_none) {
  applications.create({"web", "", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  make_idevid();
  configure();
  Onboarding singleton = with({true, false});
  BOOST_TEST(singleton.is_singleton());
  BOOST_TEST(singleton.state() == DcaState::ready);
  BOOST_TEST(singleton.configurable_applications().empty());
  BOOST_TEST(!singleton.configures_others());
}

BOOST_AUTO_TEST_CASE(G15_a_reset_brings_the_factory_back_and_keeps_the_identity) {
  const Bytes idevid = make_idevid();
  const tpm::KeyId key = keys.find(idevid_key)->id;
  onboarding.add_ticket(ticket);
  onboarding.set_registrars({{"", "", "", {"opc.tcp://registrar:4840"}}});
  onboarding.set_software_status({true, "2.4.1"});
  configure();
  expect_endpoints({dca_key});
  reset();
  BOOST_TEST(onboarding.state() == DcaState::unconfigured);
  expect_endpoints({idevid_key});
  BOOST_TEST((onboarding.endpoints().front().certificate == idevid));
  BOOST_TEST((keys.find(idevid_key)->id == key));
  BOOST_TEST(groups.certificates({"device", "application"}).empty());
  BOOST_TEST((lists.record({"device", "application"}).list == agent::TrustList{}));
  BOOST_TEST((onboarding.tickets() == std::vector<Bytes>{ticket}));
  BOOST_TEST(onboarding.registrars().empty());
  BOOST_TEST(onboarding.software_status().revision.empty());
}

BOOST_AUTO_TEST_CASE(registrars_are_stored_and_bounded) {
  const agent::RegistrarEndpoint endpoint{"urn:r", "urn:p", "Registrar", {"opc.tcp://registrar:4840"}};
  onboarding.set_registrars({endpoint});
  BOOST_TEST((with({}).registrars() == std::vector{endpoint}));
  BOOST_CHECK_EXCEPTION(onboarding.set_registrars(std::vector(Onboarding::max_registrars + 1, endpoint)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(onboarding.set_registrars({{"", "", "", {}}}), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(onboarding.set_registrars({{"", "", "", {"registrar:4840"}}}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(onboarding.set_registrars({{"", "", "a\nb", {"opc.tcp://registrar:4840"}}}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_TEST(onboarding.registrars().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_change_of_state_is_told_and_audited_once) {
  make_idevid();
  onboarding.look();
  configure();
  onboarding.look();
  BOOST_TEST(std::ranges::count(audited, "onboarding-state", &AuditEntry::kind) == 1);
  BOOST_TEST(changes == 1);
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_is_shown_to_nobody_and_makes_no_device_new_again) {
  make_idevid();
  configure();
  agent::Database(directory.file("state") + "/state.db")
      .execute(
          "UPDATE certificate SET digest = x'00' WHERE key_id IN "
          "(SELECT id FROM key WHERE certificate_group = 'application')");
  BOOST_CHECK_NO_THROW(onboarding.look());
  BOOST_TEST(onboarding.state() == DcaState::ready);
  expect_endpoints({});
}

BOOST_AUTO_TEST_CASE(damaged_records_count_as_not_there) {
  onboarding.add_ticket(ticket);
  state.put_record("onboarding-tickets", test::bytes_of("[\"!\"]"));
  state.put_record("onboarding-software", test::bytes_of("[]"));
  state.put_record("onboarding-registrars", test::bytes_of("{"));
  BOOST_TEST(onboarding.tickets().empty());
  BOOST_TEST(onboarding.registrars().empty());
  BOOST_TEST(onboarding.software_status().up_to_date);
}

BOOST_AUTO_TEST_SUITE_END()
