#include <openssl/x509v3.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "tests/unit/agent/core.h"
#include "tests/unit/agent/test_ca.h"

using namespace edgeseal;
using agent::Answer;
using agent::Code;
using test::Core;
using test::has_code;

namespace {

const agent::TransactionOwner owner{":1.7"};
const agent::TransactionOwner stranger{":1.8"};
const dbus::GroupName https{"web", "https"};

struct Fixture : Core {
  test::TestCa ca;

  Fixture() { applications.create({"web", "urn:gateway:web", "", {}, {}, "bus"}); }

  tpm::Bytes request(const dbus::SigningRequestOptions& options = {}, const dbus::GroupName& group = https,
                     const std::string& type = "https") {
    return value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
      groups.create_signing_request(owner, group, type, options, std::move(answer));
    });
  }
  void apply(const agent::TransactionOwner& by = owner) {
    (void)value<std::monostate>([&](Answer<std::monostate> answer) { groups.apply(by, "web", {}, std::move(answer)); });
  }
  tpm::Bytes install(const dbus::SigningRequestOptions& options = {}) {
    const tpm::Bytes certificate = ca.sign(request(options));
    groups.update(owner, https, {"https", certificate, {ca.certificate()}});
    apply();
    return certificate;
  }
  static dbus::SigningRequestOptions new_key() {
    dbus::SigningRequestOptions options;
    options.regenerate_private_key = true;
    return options;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(certificate_groups, Fixture)

BOOST_AUTO_TEST_CASE(a_request_carries_the_application_uri_and_verifies_with_its_key) {
  const auto certificate = agent::parse_certificate(ca.sign(request()));
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  BOOST_REQUIRE(names != nullptr);
  int type = 0;
  const auto* uri = static_cast<const ASN1_IA5STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &type));
  BOOST_TEST(type == GEN_URI);
  BOOST_TEST(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri))) == "urn:gateway:web");
  GENERAL_NAMES_free(names);
}

BOOST_AUTO_TEST_CASE(an_rsa_slot_is_requested_with_an_rsa_key) {
  applications.create({"opc", "", "", {}, {agent::SlotDeclaration::parse("application/rsa-sha256")}, "bus"});
  const auto certificate = agent::parse_certificate(ca.sign(request({}, {"opc", "application"}, "rsa-sha256")));
  BOOST_TEST(EVP_PKEY_is_a(X509_get0_pubkey(certificate.get()), "RSA") == 1);
}

BOOST_AUTO_TEST_CASE(a_certificate_goes_live_at_apply_and_not_before) {
  const tpm::Bytes certificate = ca.sign(request());
  groups.update(owner, https, {"https", certificate, {ca.certificate()}});
  BOOST_TEST(groups.certificates(https).empty());
  BOOST_TEST(groups.info(https).transaction_pending);
  BOOST_TEST(!std::filesystem::exists(groups.info(https).directory + "/fullchain.pem"));
  apply();
  BOOST_REQUIRE(groups.certificates(https).size() == 1u);
  BOOST_TEST((groups.certificates(https).front().certificate == certificate));
  BOOST_TEST(!groups.info(https).transaction_pending);
  BOOST_TEST(std::filesystem::exists(groups.info(https).directory + "/fullchain.pem"));
  BOOST_TEST(setup_changes == 0);
}

BOOST_AUTO_TEST_CASE(the_pending_key_survives_a_restart_until_its_certificate_comes) {
  const tpm::Bytes certificate = ca.sign(request());
  agent::CertificateGroups later(loop, services(), maker, {}, observer());
  later.update(owner, https, {"https", certificate, {}});
  (void)value<std::monostate>([&](Answer<std::monostate> answer) { later.apply(owner, "web", {}, std::move(answer)); });
  BOOST_TEST(later.certificates(https).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_without_a_new_key_is_for_the_active_one) {
  const auto first = agent::parse_certificate(install());
  const auto again = agent::parse_certificate(ca.sign(request()));
  BOOST_TEST(EVP_PKEY_eq(X509_get0_pubkey(first.get()), X509_get0_pubkey(again.get())) == 1);
}

BOOST_AUTO_TEST_CASE(an_account_that_makes_requests_without_end_takes_no_turn_of_the_agents_own_work) {
  constexpr int most_waiting = 64;
  (void)install();
  int answered = 0;
  const auto ask = [&] {
    const agent::TransactionOwner account{.bus_name = ":1.9", .uid = 1000};
    groups.create_signing_request(account, https, "https", {}, [&](const auto&) { ++answered; });
  };
  run_until([&] { return worker.pending() == 0; });
  chip.block();
  ask();
  chip.wait_until_blocked();
  for (int i = 0; i < most_waiting; ++i) ask();
  BOOST_CHECK_EXCEPTION(ask(), agent::Error, test::has_code(Code::busy));
  bool done = false;
  worker.submit<bool>(
      {}, [](tpm::KeyDevice&) { return true; }, [&](const auto&) { done = true; });
  chip.release();
  run_until([&] { return answered == 1 + most_waiting && done; });
}

BOOST_AUTO_TEST_CASE(a_request_with_a_new_key_leaves_the_active_one_in_use) {
  const tpm::Bytes certificate = install();
  const auto fresh = agent::parse_certificate(ca.sign(request(new_key())));
  const auto first = agent::parse_certificate(certificate);
  BOOST_TEST(EVP_PKEY_eq(X509_get0_pubkey(first.get()), X509_get0_pubkey(fresh.get())) == 0);
  BOOST_TEST((groups.certificates(https).front().certificate == certificate));
}

// A retired key, which `use` is the use of.
struct Renewed : Fixture {
  const agent::Slot slot{"web", "https", "https"};
  agent::KeyPtr old_key;

  Renewed() {
    install();
    old_key = keys.find("web");
    install(new_key());
    old_key = keys.find(old_key->id);
  }
  void use() {
    const tpm::Bytes message(10);
    (void)value<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
      keys.sign(old_key, agent::certificate_signature(old_key->public_key, message), {}, std::move(answer));
    });
  }
  // What comes once in a while by itself.
  void maintain() { install(); }
};

BOOST_FIXTURE_TEST_CASE(a_replaced_key_lives_as_long_as_it_is_used, Renewed) {
  for (int day = 0; day < 3; ++day) {
    clocks.advance(std::chrono::hours(20));
    use();
    maintain();
    BOOST_REQUIRE(keys.find(old_key->id) != nullptr);
  }
  clocks.advance(std::chrono::hours(24));
  maintain();
  BOOST_CHECK_EXCEPTION((void)keys.find(old_key->id), agent::Error, has_code(Code::key_retired));
  BOOST_TEST((keys.find("web")->status == agent::KeyStatus::active));
}

BOOST_FIXTURE_TEST_CASE(a_use_that_fails_does_not_prolong_the_life_of_a_replaced_key, Renewed) {
  clocks.advance(std::chrono::hours(20));
  chip.fail(tpm::Fault::bad_blob);
  BOOST_CHECK_THROW(use(), agent::Error);
  BOOST_TEST((groups.retired_keys().front().unused == std::chrono::hours(20)));
}

BOOST_FIXTURE_TEST_CASE(a_replaced_key_is_destroyed_when_it_is_asked_for, Renewed) {
  BOOST_CHECK_EXCEPTION((void)groups.destroy_retired_keys(https, "tls-server"), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_TEST(groups.destroy_retired_keys(https, "https") == 1u);
  BOOST_CHECK_EXCEPTION((void)keys.find(old_key->id), agent::Error, has_code(Code::key_retired));
  BOOST_TEST(groups.destroy_retired_keys(https, "https") == 0u);
}

BOOST_AUTO_TEST_CASE(a_second_new_key_makes_the_certificate_for_the_first_one_useless) {
  const tpm::Bytes first = ca.sign(request(new_key()));
  (void)request(new_key());
  BOOST_CHECK_EXCEPTION(groups.update(owner, https, {"https", first, {}}), agent::Error,
                        has_code(Code::security_checks_failed));
}

BOOST_AUTO_TEST_CASE(an_empty_subject_is_that_of_the_current_certificate) {
  dbus::SigningRequestOptions options;
  options.subject = "CN=gate\\,way/C=FI/O=A+B";
  options.subject = "C=FI,O=Example\\, Ltd,CN=gw";
  install(options);
  const auto again = agent::summarize(ca.sign(request()));
  BOOST_TEST(again.subject == "CN=gw,O=Example\\, Ltd,C=FI");
}

BOOST_AUTO_TEST_CASE(a_renewal_asks_for_the_host_names_of_the_current_certificate) {
  dbus::SigningRequestOptions options;
  options.dns_names = {"gateway.example", "gw"};
  options.ip_addresses = {"192.0.2.7", "2001:db8::7"};
  install(options);
  const auto names = agent::host_names_of(ca.sign(request(new_key())));
  BOOST_TEST(names.dns_names == options.dns_names, boost::test_tools::per_element());
  BOOST_TEST(names.ip_addresses == options.ip_addresses, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_slash_form_of_a_subject_is_understood) {
  dbus::SigningRequestOptions options;
  options.subject = "CN=gw/O=Example";
  BOOST_TEST(agent::summarize(ca.sign(request(options))).subject == "O=Example,CN=gw");
}

BOOST_DATA_TEST_CASE(a_bad_subject_is_refused_and_no_key_is_made,
                     boost::unit_test::data::make({"gw", "CN=a\\/b/O", "CN=", "=gw", "NOSUCH=x", "CN=a,,O=b",
                                                   "C=Finland"}),
                     subject) {
  dbus::SigningRequestOptions options;
  options.subject = subject;
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

BOOST_AUTO_TEST_CASE(bad_alternative_names_are_refused) {
  dbus::SigningRequestOptions options;
  options.ip_addresses = {"300.1.1.1"};
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  options.ip_addresses.clear();
  options.dns_names = {"with space"};
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_short_nonce_is_refused_and_no_key_is_made) {
  auto options = new_key();
  options.nonce.resize(31);
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

BOOST_AUTO_TEST_CASE(an_unknown_certificate_type_is_an_invalid_argument) {
  BOOST_CHECK_EXCEPTION(request({}, https, "tls-server"), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(groups.update(owner, https, {"", ca.certificate(), {}}), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_key_is_refused_and_nothing_is_staged) {
  (void)request();
  BOOST_CHECK_EXCEPTION(groups.update(owner, https, {"https", ca.sign_unknown_key(), {}}), agent::Error,
                        has_code(Code::security_checks_failed));
  BOOST_TEST(!groups.info(https).transaction_pending);
}

BOOST_AUTO_TEST_CASE(what_is_no_certificate_is_refused) {
  const tpm::Bytes good = ca.sign(request());
  tpm::Bytes longer = good, shorter(good.begin(), good.end() - 1);
  longer.push_back(std::byte{0});
  for (const tpm::Bytes& bad : {tpm::Bytes{}, tpm::Bytes{std::byte{0x30}}, longer, shorter, tpm::Bytes(20000)})
    BOOST_CHECK_EXCEPTION(groups.update(owner, https, {"https", bad, {}}), agent::Error,
                          has_code(Code::certificate_invalid));
}

BOOST_AUTO_TEST_CASE(issuers_that_did_not_sign_are_refused) {
  const tpm::Bytes certificate = ca.sign(request());
  BOOST_CHECK_EXCEPTION(groups.update(owner, https, {"https", certificate, {test::TestCa("another").certificate()}}),
                        agent::Error, has_code(Code::certificate_invalid));
}

BOOST_AUTO_TEST_CASE(a_transaction_has_one_owner) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  BOOST_CHECK_EXCEPTION(groups.update(stranger, https, {"https", ca.sign(request()), {}}), agent::Error,
                        has_code(Code::transaction_pending));
  BOOST_CHECK_EXCEPTION(
      groups.create_signing_request(stranger, https, "https", {}, [](std::variant<tpm::Bytes, agent::Error>) {}),
      agent::Error, has_code(Code::transaction_pending));
  BOOST_CHECK_EXCEPTION(apply(stranger), agent::Error, has_code(Code::user_access_denied));
  BOOST_CHECK_EXCEPTION(groups.cancel(stranger, "web"), agent::Error, has_code(Code::user_access_denied));
  apply();
}

BOOST_AUTO_TEST_CASE(a_nonce_goes_into_the_random_numbers_of_the_tpm) {
  auto options = new_key();
  options.nonce.resize(32);
  (void)request(options);
  BOOST_TEST(chip.counts().stirs == 1u);
}

BOOST_AUTO_TEST_CASE(a_failing_call_leaves_what_is_staged) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  BOOST_CHECK_THROW(groups.update(owner, https, {"https", ca.sign_unknown_key(), {}}), agent::Error);
  apply();
  BOOST_TEST(groups.certificates(https).size() == 1u);
}

BOOST_AUTO_TEST_CASE(without_staged_changes_there_is_nothing_to_do) {
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::nothing_to_do));
  BOOST_CHECK_EXCEPTION(groups.cancel(owner, "web"), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(cancelled_changes_are_gone) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  groups.cancel(owner, "web");
  BOOST_TEST(!groups.info(https).transaction_pending);
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(changes_are_dropped_when_their_owner_leaves_the_bus) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  groups.owner_vanished(":1.8");
  BOOST_TEST(groups.info(https).transaction_pending);
  groups.owner_vanished(owner.bus_name);
  BOOST_TEST(!groups.info(https).transaction_pending);
}

BOOST_AUTO_TEST_CASE(a_key_that_the_tpm_does_not_use_any_more_never_goes_live) {
  const tpm::Bytes before = install();
  const tpm::Bytes renewed = ca.sign(request(new_key()));
  groups.update(owner, https, {"https", renewed, {}});
  chip.fail(tpm::Fault::bad_blob);
  BOOST_CHECK_THROW(apply(), agent::Error);
  chip.fail(std::nullopt);
  BOOST_TEST((groups.certificates(https).front().certificate == before));
  BOOST_TEST(!groups.info(https).transaction_pending);
}

BOOST_AUTO_TEST_CASE(no_new_key_takes_the_place_of_one_whose_certificate_is_staged) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  BOOST_CHECK_EXCEPTION(request(new_key()), agent::Error, has_code(Code::invalid_state));
  apply();
  BOOST_TEST(groups.certificates(https).size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_key_at_a_time_is_made_for_an_application) {
  chip.block();
  std::optional<std::variant<tpm::Bytes, agent::Error>> first;
  groups.create_signing_request(owner, https, "https", {},
                                [&](std::variant<tpm::Bytes, agent::Error> answer) { first = std::move(answer); });
  BOOST_CHECK_EXCEPTION(
      groups.create_signing_request(owner, https, "https", {}, [](std::variant<tpm::Bytes, agent::Error>) {}),
      agent::Error, has_code(Code::busy));
  BOOST_CHECK_EXCEPTION(groups.require_idle("web"), agent::Error, has_code(Code::transaction_pending));
  chip.release();
  run_until([&] { return first.has_value(); });
  BOOST_TEST(first->index() == 0u);
  (void)request(new_key());
}

BOOST_AUTO_TEST_CASE(an_exchange_that_fails_is_made_good_and_the_certificate_is_in_use) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  chip.block();
  std::optional<std::variant<std::monostate, agent::Error>> result;
  groups.apply(owner, "web", {},
               [&](std::variant<std::monostate, agent::Error> answer) { result = std::move(answer); });
  chip.wait_until_blocked();
  const std::string published = groups.info(https).directory;
  std::filesystem::remove_all(published);  // what the exchange would put aside is a file that cannot be opened as one
  std::ofstream(published) << "in the way";
  chip.release();
  run_until([&] { return result.has_value(); });
  BOOST_TEST(result->index() == 0u);
  BOOST_TEST(std::filesystem::exists(published + "/fullchain.pem"));
  BOOST_TEST(state.unpublished().empty());
}

BOOST_AUTO_TEST_CASE(a_chain_that_no_answer_can_hold_is_refused) {
  const tpm::Bytes certificate = ca.sign(request());
  const std::vector<tpm::Bytes> issuers(4, tpm::Bytes(16 * 1024));
  BOOST_CHECK_EXCEPTION(groups.update(owner, https, {"https", certificate, issuers}), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(an_application_whose_file_is_gone_loses_its_access_and_can_be_deleted) {
  applications.declare({"opc", "", "", {"user=1"}, {}, "/etc/edgeseal/applications.d/opc.toml"});
  BOOST_CHECK_EXCEPTION(applications.remove("opc"), agent::Error, has_code(Code::invalid_state));
  applications.withdraw_undeclared({});
  BOOST_TEST(applications.get("opc").access.empty());
  BOOST_TEST(applications.get("opc").origin == "withdrawn");
  BOOST_CHECK_NO_THROW(applications.remove("opc"));
}

BOOST_AUTO_TEST_CASE(a_declared_application_keeps_its_uri_when_the_host_name_changes) {
  applications.declare({"opc", "urn:old-name:opc", "", {}, {}, "/x/opc.toml"});
  applications.declare({"opc", "", "", {}, {}, "/x/opc.toml"});
  BOOST_TEST(applications.get("opc").application_uri == "urn:old-name:opc");
}

BOOST_AUTO_TEST_CASE(a_rule_whose_account_is_gone_stops_neither_use_nor_renewal) {
  applications.declare({"opc", "", "", {"user=no-such-account", "user=1"}, {}, "/x/opc.toml"});
  const tpm::Bytes certificate = ca.sign(request({}, {"opc", "https"}));
  groups.update(owner, {"opc", "https"}, {"https", certificate, {}});
  (void)value<std::monostate>(
      [&](Answer<std::monostate> answer) { groups.apply(owner, "opc", {}, std::move(answer)); });
  BOOST_TEST(keys.find("opc")->access.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_algorithm_that_the_tpm_lacks_is_refused_with_what_it_offers) {
  run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
  tpm::TpmFacts facts = worker.state().facts;
  facts.key_algorithms = {tpm::KeyAlgorithm::ec_p256, tpm::KeyAlgorithm::rsa_2048};
  chip.set_facts(facts);
  chip.fail_once(tpm::Fault::transport);  // opened again, with these facts
  (void)request();
  applications.create({"big", "", "", {}, {agent::SlotDeclaration::parse("https/https=rsa-4096")}, "bus"});
  BOOST_CHECK_EXCEPTION(request({}, {"big", "https"}), agent::Error, [](const agent::Error& error) {
    return error.code() == Code::not_supported &&
           std::string(error.what()).find("ec-p256, rsa-2048") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(an_application_is_not_deleted_under_changes_that_are_being_applied) {
  groups.update(owner, https, {"https", ca.sign(request()), {}});
  chip.block();
  std::optional<std::variant<std::monostate, agent::Error>> result;
  groups.apply(owner, "web", {},
               [&](std::variant<std::monostate, agent::Error> answer) { result = std::move(answer); });
  BOOST_CHECK_EXCEPTION(groups.require_idle("web"), agent::Error, has_code(Code::transaction_pending));
  chip.release();
  run_until([&] { return result.has_value(); });
  BOOST_TEST(result->index() == 0u);
}

BOOST_AUTO_TEST_CASE(without_a_tpm_a_request_is_refused_in_words) {
  chip.fail_opening(tpm::Fault::absent);
  chip.fail(tpm::Fault::absent);
  BOOST_CHECK_EXCEPTION(request(), agent::Error, has_code(Code::tpm_unavailable));
}

BOOST_AUTO_TEST_CASE(a_second_application_of_the_same_name_is_refused) {
  BOOST_CHECK_EXCEPTION(applications.create({"web", "", "", {}, {}, "bus"}), agent::Error,
                        has_code(Code::entry_exists));
}

BOOST_DATA_TEST_CASE(bad_applications_are_refused,
                     boost::unit_test::data::make({"", "-web", "Web", "a/b", "..", "w w"}), name) {
  BOOST_CHECK_EXCEPTION(applications.create({name, "", "", {}, {}, "bus"}), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(accounts_and_rules_of_an_application_must_exist) {
  BOOST_CHECK_EXCEPTION(applications.create({"a", "", "no-such-account", {}, {}, "bus"}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(applications.create({"a", "", "", {"colour=red"}, {}, "bus"}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(applications.create({"a", "no uri", "", {}, {}, "bus"}), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(legacy_uses_are_those_that_are_known) {
  for (const std::string_view use : agent::legacy_uses)
    applications.create({std::string(use), "", "", {}, {}, "bus", {std::string(use)}});
  BOOST_CHECK_EXCEPTION(applications.create({"a", "", "", {}, {}, "bus", {"md5-signatures"}}), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
