#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "agent/certificates/certificate.h"
#include "tests/unit/agent/server.h"
#include "tests/unit/agent/server_values.h"

using namespace edgeseal;
using agent::Code;
using test::Bytes;
using test::changed;
using test::ecc_slot;
using test::has_code;
using test::named;
using test::Server;

namespace {

std::string subject_of(const Bytes& certificate) {
  return agent::summarize(certificate).subject;
}

dbus::SelfSignedOptions of_size(std::uint16_t key_bits) {
  return changed<dbus::SelfSignedOptions>([&](auto& options) { options.key_bits = key_bits; });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_configuration, Server)

BOOST_AUTO_TEST_CASE(E19_an_occupied_slot_gets_no_self_signed_certificate) {
  const Bytes certificate = create_self_signed();
  BOOST_CHECK_EXCEPTION(create_self_signed(), agent::Error, has_code(Code::invalid_state));
  apply();
  BOOST_CHECK_EXCEPTION(create_self_signed(), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST((certificates().front().certificate == certificate));
}

BOOST_AUTO_TEST_CASE(E19_keys_that_the_tpm_or_the_type_has_not_are_refused_and_nothing_is_made) {
  BOOST_CHECK_EXCEPTION(create_self_signed(of_size(2048)), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(create_self_signed(of_size(384)), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(create_self_signed(of_size(4096), target(rsa_type)), agent::Error,
                        has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(create_self_signed({}, target(p384_type)), agent::Error, has_code(Code::not_supported));
  BOOST_TEST(chip.counts().creations == 0u);
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E19_the_size_of_the_key_may_be_named) {
  const auto certificate = agent::parse_certificate(create_self_signed(of_size(2048), target(rsa_type)));
  BOOST_TEST(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.get())) == 2048);
}

BOOST_AUTO_TEST_CASE(a_self_signed_https_certificate_is_named_after_the_host) {
  const auto options = changed<dbus::SelfSignedOptions>([](auto& named) {
    named.dns_names = {"gateway.example", "gw"};
  });
  BOOST_TEST(subject_of(create_self_signed(options, target("i=12558", "i=14088"))) == "CN=gateway.example");
  BOOST_TEST(subject_of(create_self_signed(options)) == "CN=opc");
}

BOOST_AUTO_TEST_CASE(E20_an_empty_slot_has_nothing_to_delete) {
  BOOST_CHECK_EXCEPTION(configuration.delete_certificate(admin, target()), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E20_the_certificate_that_endpoints_use_stays_and_apply_says_so) {
  install();
  configuration.delete_certificate(admin, target());
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::invalid_state));
  const auto diagnostics = transactions.diagnostics("opc");
  BOOST_TEST(diagnostics.result == "InvalidState");
  BOOST_REQUIRE(diagnostics.errors.size() == 1u);
  BOOST_TEST(diagnostics.errors.front().target == "application/ecc-nist-p256");
  BOOST_TEST(!transactions.pending("opc"));
  BOOST_TEST(certificates().size() == 1u);
}

BOOST_AUTO_TEST_CASE(E20_a_deleted_certificate_takes_its_key_along) {
  install();
  push({sign(request(new_key(), target(rsa_type))), {}, "", false}, target(rsa_type));
  apply();
  const agent::KeyPtr key = keys.find("opc/application/rsa-sha256");
  configuration.delete_certificate(admin, target(rsa_type));
  BOOST_TEST(certificates().size() == 2u);
  apply();
  BOOST_TEST(certificates().size() == 1u);
  BOOST_TEST(!state.key(key->id).has_value());
  BOOST_CHECK_EXCEPTION((void)keys.find(key->id), agent::Error, has_code(Code::key_retired));
  const std::string own = groups.info({"opc", "application"}).directory + "/own/certs";
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(own), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_deleted_certificate_may_be_replaced_in_the_same_transaction) {
  install();
  configuration.delete_certificate(admin, target());
  const Bytes certificate = create_self_signed();
  apply();
  BOOST_TEST((certificates().front().certificate == certificate));
}

BOOST_AUTO_TEST_CASE(a_staged_certificate_that_is_deleted_is_staged_no_more) {
  (void)create_self_signed();
  configuration.delete_certificate(admin, target());
  apply();
  BOOST_TEST(certificates().empty());
  BOOST_TEST(!state.key(ecc_slot, agent::KeyStatus::pending).has_value());
}

BOOST_AUTO_TEST_CASE(E21_certificates_are_those_of_occupied_slots_with_their_types) {
  BOOST_TEST(certificates().empty());
  const Bytes certificate = install();
  const auto occupied = certificates();
  BOOST_REQUIRE(occupied.size() == 1u);
  BOOST_TEST(occupied.front().certificate_type == "ecc-nist-p256");
  BOOST_TEST((occupied.front().certificate == certificate));
  BOOST_TEST(certificates("i=14088").empty());
}

BOOST_AUTO_TEST_CASE(E22_rejected_peers_of_all_groups_come_newest_first) {
  auto now = agent::State::Clock::now();
  agent::PeerValidation judge(state, lists, audit, {}, {[&] { return now; }, setup_is_open});
  const test::Authority another("another CA");
  std::vector<Bytes> peers;
  for (const char* group : {"https", "application", "user-token"}) {
    peers.push_back(another.issue());
    now += std::chrono::minutes(1);
    BOOST_CHECK_THROW((void)judge.judge({"opc", group}, std::vector<Bytes>{peers.back()}, {}), agent::Error);
  }
  std::ranges::reverse(peers);
  BOOST_TEST((configuration.rejected("opc") == peers));
}

BOOST_AUTO_TEST_CASE(E33_a_secure_element_is_claimed_where_all_keys_are_in_the_tpm) {
  BOOST_TEST(configuration.info("opc").has_secure_element);
  applications.create(
      {"mixed",
       "",
       "",
       {},
       {agent::SlotDeclaration::parse("https/https"), agent::SlotDeclaration::parse("tls/tls-client=ec-p256,sealed")},
       "bus"});
  BOOST_TEST(!configuration.info("mixed").has_secure_element);
}

BOOST_AUTO_TEST_CASE(E34_server_capabilities_are_those_of_the_application_and_nothing_is_announced_by_mdns) {
  agent::ApplicationRecord application{"lds", "", "", {}, {}, "bus"};
  application.server_capabilities = {"LDS", "DA"};
  applications.create(application);
  const auto info = configuration.info("lds");
  BOOST_TEST(info.server_capabilities == application.server_capabilities, boost::test_tools::per_element());
  BOOST_TEST(!info.multicast_dns_enabled);
  BOOST_TEST(configuration.info("opc").server_capabilities == std::vector<std::string>{"NA"},
             boost::test_tools::per_element());
}

// The agent announces nothing by itself.
BOOST_AUTO_TEST_CASE(E34_capabilities_are_what_the_application_declares_and_mdns_is_off) {
  agent::ApplicationRecord application{"plc", "", "", {}, {agent::SlotDeclaration::parse("application/ecc-nist-p256")},
                                       "bus"};
  application.server_capabilities = {"DA", "HD"};
  applications.create(application);
  const auto info = configuration.info("plc");
  BOOST_TEST(info.server_capabilities == application.server_capabilities, boost::test_tools::per_element());
  BOOST_TEST(!info.multicast_dns_enabled);
  application.name = "wrong";
  for (const char* capability : {"", "da", "TOOLONGER", "D A"}) {
    application.server_capabilities = {capability};
    BOOST_CHECK_EXCEPTION(applications.create(application), agent::Error, has_code(agent::Code::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(properties_are_those_of_the_application) {
  const auto info = configuration.info("opc");
  BOOST_TEST(info.application_uri == "urn:gateway:application");
  BOOST_TEST(info.max_trust_list_size == lists.max_size());
  BOOST_TEST(info.certificate_groups == (std::vector<std::string>{"application", "https", "user-token"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(C17_a_reset_leaves_what_a_new_application_has) {
  install();
  const agent::KeyId key = keys.find("opc")->id;
  (void)request();
  push(sign(request()));
  (void)value<std::monostate>(
      [&](agent::Answer<std::monostate> answer) { configuration.reset(admin, "opc", std::move(answer)); });
  BOOST_TEST(certificates().empty());
  BOOST_TEST(state.keys_of("opc").empty());
  BOOST_CHECK_EXCEPTION((void)keys.find(key), agent::Error, has_code(Code::key_retired));
  BOOST_TEST((lists.record({"opc", "application"}).list == agent::TrustList{}));
  BOOST_TEST(!transactions.pending("opc"));
  BOOST_TEST(configuration.info("opc").in_application_setup);
  BOOST_TEST(count("server-reset") == 1u);
  BOOST_TEST(applied.back().restart_required);
  const std::string shown = groups.info({"opc", "application"}).directory;
  BOOST_TEST(std::filesystem::is_empty(shown + "/own/certs"));
  BOOST_TEST(std::filesystem::is_empty(shown + "/trusted/certs"));
}

BOOST_AUTO_TEST_CASE(a_reset_that_the_disk_does_not_take_leaves_what_is_staged) {
  stage_list({.trusted_certificates = {ca.certificate()}}, "https");
  refuse_rows("fact", "NEW.name = 'generation'");
  BOOST_CHECK_EXCEPTION(groups.reset(agent::owner_of(admin), "opc", [] {}), agent::Error,
                        has_code(Code::state_unavailable));
  BOOST_CHECK_EXCEPTION(groups.reset_all([] {}), agent::Error, has_code(Code::state_unavailable));
  BOOST_TEST(transactions.pending("opc"));
  take_records();
  apply();
  BOOST_TEST(lists.record({"opc", "https"}).list.trusted_certificates.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
