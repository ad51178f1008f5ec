#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "agent/certificate.h"
#include "agent/certificate_signature.h"
#include "agent/public_key.h"
#include "tests/unit/agent/server.h"

using namespace edgeseal;
using agent::Code;
using test::Bytes;
using test::ecc_slot;
using test::has_code;
using test::Server;

namespace {

Bytes bytes(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

Bytes public_key_of(const Bytes& certificate) {
  return agent::der_of(X509_get0_pubkey(agent::parse_certificate(certificate).get()), i2d_PUBKEY);
}

std::string subject_of(const Bytes& certificate) {
  return agent::summarize(certificate).subject;
}

template <class Value, class Change>
Value changed(const Change& change, Value value = {}) {
  change(value);
  return value;
}

test::CertificateFields named(const std::string& name) {
  return changed<test::CertificateFields>([&](auto& fields) { fields.name = name; });
}

dbus::SelfSignedOptions of_size(std::uint16_t key_bits) {
  return changed<dbus::SelfSignedOptions>([&](auto& options) { options.key_bits = key_bits; });
}

void ignore(const std::variant<Bytes, agent::Error>& /*answer*/) {}
void ignore_flag(const std::variant<bool, agent::Error>& /*answer*/) {}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_configuration, Server)

BOOST_AUTO_TEST_CASE(E1_arguments_of_an_update_are_judged_in_the_order_of_part_12) {
  const Bytes garbage = bytes("no certificate");
  BOOST_CHECK_EXCEPTION(push({{}, {}, "PEM", true}, target("")), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "PEM", false}, target("")), agent::Error, has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", true}, target("")), agent::Error, has_code(Code::not_supported));
  groups.stage_trust_list(agent::owner_of(stranger), lists.check({"opc", "https"}, {}, {}));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", false}, target("")), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", false}), agent::Error, has_code(Code::transaction_pending));
  groups.cancel(agent::owner_of(stranger), "opc");
  BOOST_CHECK_EXCEPTION(push({garbage, {}, "", false}), agent::Error, has_code(Code::certificate_invalid));
  const test::Authority another("another CA");
  const Bytes wrong_type = test::Authority({}, EVP_EC_gen("P-384"), &another).certificate();
  BOOST_CHECK_EXCEPTION(push(wrong_type), agent::Error, has_code(Code::certificate_invalid));
  BOOST_CHECK_EXCEPTION(push(another.issue()), agent::Error, has_code(Code::certificate_chain_incomplete));
  BOOST_CHECK_EXCEPTION(push(ca.issue()), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E3_a_null_group_is_the_application_group) {
  for (const char* group : {"", "i=0", "i=14156", "ns=0;i=14156"}) {
    push({sign(request(new_key(), target(ecc_type, group))), {}, "", false}, target(ecc_type, group));
    apply();
    BOOST_TEST(certificates(group).size() == 1u);
  }
}

BOOST_DATA_TEST_CASE(E3_an_unknown_group_is_an_invalid_argument,
                     boost::unit_test::data::make({"i=14157", "tls", "ns=3;i=14156", "nonsense"}), group) {
  BOOST_CHECK_EXCEPTION(request(new_key(), target(ecc_type, group)), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({ca.issue(), {}, "", false}, target(ecc_type, group)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(create_self_signed({}, target(ecc_type, group)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(configuration.delete_certificate(admin, target(ecc_type, group)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)certificates(group), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

// Null, abstract, of another group, of a curve that no TPM has.
BOOST_DATA_TEST_CASE(E4_a_type_that_the_group_has_not_is_an_invalid_argument,
                     boost::unit_test::data::make({"", "i=0", "i=12557", "i=12558", "i=23541"}), type) {
  BOOST_CHECK_EXCEPTION(request(new_key(), target(type)), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(push({ca.issue(), {}, "", false}, target(type)), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

BOOST_AUTO_TEST_CASE(E4_a_type_for_which_the_tpm_makes_no_keys_is_not_offered) {
  BOOST_TEST(groups.info({"opc", "application"}).certificate_types ==
                 (std::vector<std::string>{"ecc-nist-p256", "rsa-sha256"}),
             boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION(request(new_key(), target(p384_type)), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(E5_an_empty_subject_is_that_of_the_current_certificate) {
  push(sign(request(), named("the name that the authority gave")));
  apply();
  const Bytes der = request();
  const unsigned char* cursor = agent::octets(der);
  const std::unique_ptr<X509_REQ, agent::OpensslFree<X509_REQ, X509_REQ_free>> parsed(
      d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
  const auto current = agent::parse_certificate(certificates().front().certificate);
  BOOST_TEST(X509_NAME_cmp(X509_REQ_get_subject_name(parsed.get()), X509_get_subject_name(current.get())) == 0);
}

BOOST_DATA_TEST_CASE(E5_a_malformed_subject_is_an_invalid_argument,
                     boost::unit_test::data::make({"gateway", "CN=", "=x", "NOSUCH=x", "CN=a,,O=b"}), subject) {
  auto options = new_key();
  options.subject = subject;
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
}

BOOST_AUTO_TEST_CASE(E6_without_regenerate_the_active_key_signs_the_request) {
  const Bytes active = public_key_of(install());
  const auto creations = chip.counts().creations;
  BOOST_TEST((public_key_of(sign(request({}))) == active));
  BOOST_TEST(chip.counts().creations == creations);
}

BOOST_AUTO_TEST_CASE(E7_regenerate_makes_a_key_in_the_tpm_and_the_active_one_goes_on) {
  const Bytes certificate = install();
  const auto creations = chip.counts().creations;
  const Bytes renewed = sign(request());
  BOOST_TEST(chip.counts().creations == creations + 1);
  BOOST_TEST((public_key_of(renewed) != public_key_of(certificate)));
  push(renewed);
  BOOST_TEST((certificates().front().certificate == certificate));
  const agent::KeyPtr key = keys.find("opc");
  BOOST_TEST((key->public_key == public_key_of(certificate)));
  BOOST_CHECK_NO_THROW((void)value<Bytes>([&](agent::Answer<Bytes> answer) {
    keys.sign(key, agent::certificate_signature(key->public_key, bytes("message")), {}, std::move(answer));
  }));
}

BOOST_DATA_TEST_CASE(E8_a_short_nonce_makes_nothing, boost::unit_test::data::make({0U, 1U, 31U}), size) {
  auto options = new_key();
  options.nonce.resize(size);
  BOOST_CHECK_EXCEPTION(request(options), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(chip.counts().creations == 0u);
  BOOST_TEST(!state.key(ecc_slot, agent::KeyStatus::pending).has_value());
}

BOOST_DATA_TEST_CASE(E8_a_nonce_goes_into_the_random_numbers_of_the_tpm,
                     boost::unit_test::data::make({32U, 64U, 1000U}), size) {
  auto options = new_key();
  options.nonce.resize(size);
  (void)request(options);
  BOOST_TEST(chip.counts().stirs == 1u);
}

BOOST_AUTO_TEST_CASE(E9_a_second_new_key_discards_the_first_pending_one) {
  const Bytes first = sign(request());
  const agent::KeyId first_key = state.key(ecc_slot, agent::KeyStatus::pending)->id;
  const Bytes second = sign(request());
  BOOST_TEST(!state.key(first_key).has_value());
  BOOST_CHECK_EXCEPTION((void)keys.find(first_key), agent::Error, has_code(Code::key_retired));
  BOOST_CHECK_EXCEPTION(push(first), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(push(second));
}

BOOST_AUTO_TEST_CASE(E10_activation_takes_the_formerly_active_key_out_of_use_and_destroys_it_after_its_grace) {
  install();
  const agent::KeyId old_key = keys.find("opc")->id;
  install();
  BOOST_TEST((keys.find("opc")->id != old_key));
  BOOST_TEST((state.key(old_key)->status == agent::KeyStatus::retired));
  clocks.advance(std::chrono::hours(25));
  install();
  BOOST_CHECK_EXCEPTION((void)keys.find(old_key), agent::Error, has_code(Code::key_retired));
}

BOOST_AUTO_TEST_CASE(E10_a_formerly_active_key_ends_at_once_where_that_is_asked_for) {
  install();
  const agent::KeyId old_key = keys.find("opc")->id;
  install();
  BOOST_TEST(groups.destroy_retired_keys({"opc", "application"}, "ecc-nist-p256") == 1u);
  BOOST_TEST(!state.key(old_key).has_value());
}

BOOST_AUTO_TEST_CASE(E11_a_pending_key_waits_for_its_certificate_over_a_restart) {
  const Bytes certificate = sign(request());
  keys.forget_cached();
  chip.fail_once(tpm::Fault::transport);  // the device is opened anew, and has nothing loaded
  agent::CertificateGroups later(loop, services(), maker, {}, observer());
  agent::ServerConfiguration restarted(state, applications, later, transactions, lists, validation, audit, {});
  push_to(restarted, {certificate, {}, "", false});
  apply();
  BOOST_TEST((certificates().front().certificate == certificate));
}

BOOST_AUTO_TEST_CASE(E12_a_certificate_for_another_key_is_refused_and_nothing_is_staged) {
  install();
  (void)request();
  BOOST_CHECK_EXCEPTION(push(ca.issue()), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E13_private_keys_are_not_taken) {
  BOOST_TEST(configuration.info("opc").supported_private_key_formats.empty());
  const Bytes certificate = sign(request());
  BOOST_CHECK_EXCEPTION(push({certificate, {}, "PEM", true}), agent::Error, has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(push({certificate, {}, "PFX", false}), agent::Error, has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION(push({certificate, {}, "", true}), agent::Error, has_code(Code::not_supported));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E14_what_is_no_certificate_is_refused) {
  const Bytes good = sign(request());
  Bytes longer = good;
  longer.push_back(std::byte{0});
  const Bytes shorter(good.begin(), good.end() - 1);
  for (const Bytes& bad : {Bytes(1), bytes("0"), Bytes(1000), longer, shorter})
    BOOST_CHECK_EXCEPTION(push(bad), agent::Error, has_code(Code::certificate_invalid));
  BOOST_TEST(!transactions.pending("opc"));
}

BOOST_AUTO_TEST_CASE(E15_a_key_of_another_curve_or_algorithm_than_the_type_is_refused) {
  for (EVP_PKEY* key : {EVP_EC_gen("P-384"), EVP_RSA_gen(2048), EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}) {
    const test::Authority other({}, key, &ca);
    BOOST_CHECK_EXCEPTION(push(other.certificate()), agent::Error, has_code(Code::certificate_invalid));
  }
}

BOOST_AUTO_TEST_CASE(E15_a_signature_weaker_than_the_policy_is_refused) {
  BOOST_CHECK_EXCEPTION(
      push(sign(request(), changed<test::CertificateFields>([](auto& fields) { fields.hash = EVP_sha1(); }))),
      agent::Error, has_code(Code::certificate_policy_check_failed));
}

BOOST_AUTO_TEST_CASE(E16_an_issuer_that_the_group_does_not_know_is_refused) {
  const test::Authority another("another CA");
  BOOST_CHECK_EXCEPTION(push(sign(request(), another)), agent::Error, has_code(Code::certificate_chain_incomplete));
}

BOOST_AUTO_TEST_CASE(E16_issuers_that_come_along_give_no_trust) {
  const test::Authority another("another CA");
  const Bytes certificate = sign(request(), another);
  BOOST_CHECK_EXCEPTION(push({certificate, {another.certificate()}, "", false}), agent::Error,
                        has_code(Code::certificate_untrusted));
  Bytes chain = certificate;
  chain.insert(chain.end(), another.certificate().begin(), another.certificate().end());
  BOOST_CHECK_EXCEPTION(push(chain), agent::Error, has_code(Code::certificate_untrusted));
  trust({.trusted_certificates = {ca.certificate()}, .issuer_certificates = {another.certificate()}});
  BOOST_CHECK_EXCEPTION(push(certificate), agent::Error, has_code(Code::certificate_untrusted));
}

BOOST_AUTO_TEST_CASE(E16_issuers_that_come_along_complete_the_chain_and_are_shown_with_it) {
  const test::Authority intermediate("intermediate CA", ca), unused("unused CA");
  const Bytes certificate = sign(request(), intermediate);
  const agent::TrustList before = lists.record({"opc", "application"}).list;
  push({certificate, {unused.certificate(), intermediate.certificate()}, "", false});
  apply();
  BOOST_TEST((lists.record({"opc", "application"}).list == before));
  const auto installed = state.certificate(ecc_slot);
  BOOST_REQUIRE(installed.has_value());
  BOOST_TEST((installed->issuers == std::vector<Bytes>{intermediate.certificate()}));
}

BOOST_AUTO_TEST_CASE(E17_a_revoked_certificate_is_refused) {
  const Bytes certificate = sign(request());
  trust({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl({certificate})}});
  BOOST_CHECK_EXCEPTION(push(certificate), agent::Error, has_code(Code::certificate_revoked));
}

BOOST_AUTO_TEST_CASE(E17_an_expired_certificate_is_taken_with_a_warning_and_refused_where_that_is_strict) {
  trust({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl()}});
  const Bytes expired = sign(request(), changed<test::CertificateFields>([](auto& fields) {
                               fields.from = test::Days(-20);
                               fields.to = test::Days(-10);
                             }));
  BOOST_CHECK_EXCEPTION(push_to(strict, {expired, {}, "", false}), agent::Error,
                        has_code(Code::certificate_time_invalid));
  BOOST_TEST(count("validation-error-suppressed") == 0u);
  BOOST_TEST(push(expired));
  BOOST_TEST(count("validation-error-suppressed") == 1u);
}

BOOST_AUTO_TEST_CASE(E18_another_application_uri_is_refused) {
  BOOST_CHECK_EXCEPTION(push(sign(request(), changed<test::CertificateFields>([](auto& fields) {
                                    fields.alternative_name = "URI:urn:somebody:else";
                                  }))),
                        agent::Error, has_code(Code::certificate_uri_invalid));
}

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
  agent::PeerValidation judge(state, lists, audit, {}, [&] { return now; });
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

BOOST_AUTO_TEST_CASE(E23_every_staging_call_of_a_second_owner_is_refused) {
  const Bytes certificate = sign(request());
  stage_list({.trusted_certificates = {ca.certificate()}}, "https");
  const auto pending = has_code(Code::transaction_pending);
  BOOST_CHECK_EXCEPTION(configuration.update_certificate(stranger, target(), {certificate, {}, "", false}, ignore_flag),
                        agent::Error, pending);
  BOOST_CHECK_EXCEPTION(configuration.create_signing_request(stranger, target(), new_key(), ignore), agent::Error,
                        pending);
  BOOST_CHECK_EXCEPTION(configuration.create_self_signed(stranger, target(), {}, ignore), agent::Error, pending);
  BOOST_CHECK_EXCEPTION(configuration.delete_certificate(stranger, target()), agent::Error, pending);
  BOOST_CHECK_EXCEPTION(configuration.reset(stranger, "opc", [](const auto&) {}), agent::Error, pending);
  BOOST_CHECK_EXCEPTION((void)files.open(agent::owner_of(stranger), {"opc", "https"}, 6), agent::Error, pending);
  BOOST_CHECK_EXCEPTION(groups.stage_trust_list(agent::owner_of(stranger), lists.check({"opc", "https"}, {}, {})),
                        agent::Error, pending);
  push(certificate);
  apply();
}

BOOST_AUTO_TEST_CASE(E24_a_failing_staging_call_leaves_what_is_staged) {
  push(sign(request()));
  BOOST_CHECK_THROW(push(ca.issue()), agent::Error);
  BOOST_CHECK_THROW(configuration.delete_certificate(admin, target(rsa_type)), agent::Error);
  BOOST_CHECK_THROW(stage_list({.trusted_certificates = {bytes("nonsense")}}), agent::Error);
  apply();
  BOOST_TEST(certificates().size() == 1u);
}

BOOST_AUTO_TEST_CASE(E25_one_inconsistent_change_discards_all_and_is_named) {
  const agent::TrustList before = lists.record({"opc", "application"}).list;
  const Bytes certificate = sign(request());
  push(certificate);
  (void)create_self_signed({}, target("i=12558", "i=14088"));
  stage_list({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl({certificate})}});
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::certificate_revoked));
  const auto diagnostics = transactions.diagnostics("opc");
  BOOST_TEST(diagnostics.result == "CertificateRevoked");
  BOOST_REQUIRE(diagnostics.errors.size() == 1u);
  BOOST_TEST(diagnostics.errors.front().target == "application/ecc-nist-p256");
  BOOST_TEST(diagnostics.errors.front().error == "CertificateRevoked");
  BOOST_TEST(diagnostics.errors.front().message.find("application") != std::string::npos);
  BOOST_TEST(certificates().empty());
  BOOST_TEST(certificates("i=14088").empty());
  BOOST_TEST((lists.record({"opc", "application"}).list == before));
  BOOST_TEST(!transactions.pending("opc"));
  BOOST_TEST(!state.key(agent::Slot{"opc", "https", "https"}, agent::KeyStatus::pending).has_value());
}

BOOST_AUTO_TEST_CASE(a_certificate_may_come_with_the_list_that_trusts_it) {
  const test::Authority another("another CA");
  stage_list({.trusted_certificates = {another.certificate()}});
  push(sign(request(), another));
  apply();
  BOOST_TEST(certificates().size() == 1u);
}

BOOST_AUTO_TEST_CASE(E26_without_a_transaction_there_is_nothing_to_do) {
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::nothing_to_do));
  BOOST_CHECK_EXCEPTION(groups.cancel(agent::owner_of(admin), "opc"), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(E26_apply_waits_for_a_list_that_is_open_for_writing_and_may_be_tried_again) {
  push(sign(request()));
  const auto owner = agent::owner_of(admin);
  const auto handle = files.open(owner, {"opc", "https"}, 6);
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST(certificates().empty());
  files.close(owner, {"opc", "https"}, handle);
  apply();
  BOOST_TEST(certificates().size() == 1u);
}

BOOST_AUTO_TEST_CASE(E27_staged_changes_go_when_their_owner_leaves_the_bus) {
  (void)create_self_signed();
  stage_list({}, "https");
  groups.owner_vanished(admin.bus_name);
  BOOST_TEST(!transactions.pending("opc"));
  BOOST_TEST(!state.key(ecc_slot, agent::KeyStatus::pending).has_value());
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(E28_channels_are_told_after_whoever_applied_has_the_answer) {
  push(sign(request()));
  stage_list({.trusted_certificates = {ca.certificate()}}, "user-token");
  std::optional<std::size_t> told_before_answer;
  groups.apply(agent::owner_of(admin), "opc", {.restart_required = true},
               [&](const std::variant<std::monostate, agent::Error>&) { told_before_answer = applied.size(); });
  run_until([&] { return !applied.empty(); });
  BOOST_TEST(told_before_answer.value() == 0u);
  BOOST_TEST(applied.front().certificate_groups == std::vector<std::string>{"application"},
             boost::test_tools::per_element());
  BOOST_TEST(applied.front().trust_lists == std::vector<std::string>{"user-token"}, boost::test_tools::per_element());
  BOOST_TEST(applied.front().restart_required);
}

BOOST_AUTO_TEST_CASE(E30_the_new_certificate_is_shown_everywhere_when_apply_answers) {
  install();
  const Bytes renewed = sign(request());
  push(renewed);
  bool answered = false;
  groups.apply(agent::owner_of(admin), "opc", {}, [&](const std::variant<std::monostate, agent::Error>&) {
    BOOST_TEST((certificates().front().certificate == renewed));
    BOOST_TEST((keys.find("opc")->certificate->certificate == renewed));
    BOOST_TEST((applications.published({"opc", "application"}).slots.front().certificate.certificate == renewed));
    const std::string own = groups.info({"opc", "application"}).directory + "/own/certs";
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(own), {}) == 1);
    answered = true;
  });
  run_until([&] { return answered; });
}

BOOST_AUTO_TEST_CASE(E31_changes_are_staged_until_they_are_applied_or_cancelled) {
  BOOST_TEST(push(sign(request())));
  (void)create_self_signed({}, target("i=12558", "i=14088"));
  BOOST_TEST(certificates().empty());
  BOOST_TEST(certificates("i=14088").empty());
  groups.cancel(agent::owner_of(admin), "opc");
  BOOST_CHECK_EXCEPTION(apply(), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(E32_diagnostics_tell_of_the_transaction_while_and_after_it_is_active) {
  transactions.forget("opc");
  BOOST_CHECK_EXCEPTION((void)transactions.diagnostics("opc"), agent::Error, has_code(Code::out_of_service));
  push(sign(request()));
  BOOST_TEST(transactions.diagnostics("opc").result == "InvalidState");
  BOOST_TEST(transactions.diagnostics("opc").end_time == 0u);
  groups.cancel(agent::owner_of(admin), "opc");
  BOOST_TEST(transactions.diagnostics("opc").result == "RequestCancelledByClient");
  install();
  const auto diagnostics = transactions.diagnostics("opc");
  BOOST_TEST(diagnostics.result == "Good");
  BOOST_TEST(diagnostics.affected_certificate_groups == std::vector<std::string>{"application"},
             boost::test_tools::per_element());
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

BOOST_AUTO_TEST_CASE(F6_reads_before_apply_give_the_old_list) {
  const auto owner = agent::owner_of(admin);
  const Bytes old_list = agent::encode_trust_list(lists.record({"opc", "application"}).list);
  const test::Authority another("another CA");
  stage_list({.trusted_certificates = {another.certificate()}});
  const auto handle = files.open(owner, {"opc", "application"}, 1);
  BOOST_TEST((files.read(owner, {"opc", "application"}, handle, 1'000'000) == old_list));
  BOOST_TEST((lists.record({"opc", "application"}).list.trusted_certificates.front() == ca.certificate()));
  apply();
  BOOST_TEST((lists.record({"opc", "application"}).list.trusted_certificates.front() == another.certificate()));
}

BOOST_AUTO_TEST_CASE(J3_updates_are_audited_when_they_are_asked_for_and_when_they_are_done) {
  push(sign(request()));
  stage_list({.trusted_certificates = {ca.certificate()}}, "https");
  BOOST_TEST(count("certificate-update-requested") == 1u);
  BOOST_TEST(count("trust-list-update-requested") == 1u);
  BOOST_TEST(count("certificate-updated") == 0u);
  apply();
  BOOST_TEST(count("certificate-updated") == 1u);
  BOOST_TEST(count("trust-list-updated") == 1u);
  const auto done = std::ranges::find(audited, "certificate-updated", &AuditEntry::kind);
  BOOST_TEST(done->fields.at("group") == "application");
  BOOST_TEST(done->fields.at("certificate-type") == "ecc-nist-p256");
  BOOST_TEST(done->fields.at("caller") == ":1.7");
  BOOST_TEST(done->fields.at("session") == "session-1");
}

BOOST_AUTO_TEST_CASE(J3_no_nonce_is_audited) {
  auto options = new_key();
  options.nonce = bytes("a nonce that nobody else may read");
  push(sign(request(options)));
  apply();
  for (const AuditEntry& entry : audited)
    for (const auto& [name, value] : entry.fields) BOOST_TEST(value.find("nobody else") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(J3_an_update_that_fails_is_audited_with_its_result) {
  const Bytes certificate = sign(request());
  push(certificate);
  stage_list({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl({certificate})}});
  BOOST_CHECK_THROW(apply(), agent::Error);
  const auto failed = std::ranges::find(audited, "certificate-update-failed", &AuditEntry::kind);
  BOOST_REQUIRE((failed != audited.end()));
  BOOST_TEST(failed->fields.at("result") == "CertificateRevoked");
  BOOST_TEST(count("trust-list-update-failed") == 1u);
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

// Changes that somebody has to confirm: a renewal, a deletion, a trust list.
struct Unconfirmed : Server {
  const Bytes before;
  const test::Authority another{"another CA"};

  Unconfirmed() : before(install()) {
    const auto https_target = target("i=12558", "i=14088");
    (void)create_self_signed({}, https_target);
    apply();
    push(sign(request()));
    configuration.delete_certificate(admin, https_target);
    stage_list({.trusted_certificates = {another.certificate()}}, "user-token");
    apply({.confirm_within = std::chrono::hours(1)});
  }
};

BOOST_FIXTURE_TEST_CASE(changes_in_force_wait_to_be_confirmed_and_keep_the_next_transaction_away, Unconfirmed) {
  BOOST_TEST((certificates().front().certificate != before));
  BOOST_TEST(certificates("i=14088").empty());
  BOOST_CHECK_EXCEPTION(stage_list({}, "https"), agent::Error, has_code(Code::transaction_pending));
  groups.confirm("opc");
  BOOST_CHECK_EXCEPTION(groups.confirm("opc"), agent::Error, has_code(Code::nothing_to_do));
  clocks.advance(std::chrono::hours(2));
  stage_list({}, "https");
  apply();
  BOOST_TEST((certificates().front().certificate != before));
  BOOST_TEST(count("changes-rolled-back") == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_nobody_confirms_is_undone_also_after_a_restart, Unconfirmed) {
  clocks.advance(std::chrono::hours(2));
  agent::CertificateGroups restarted(loop, services(), maker, {}, observer());
  applied.clear();
  run_until([&] { return !applied.empty(); });
  BOOST_TEST(applied.front().rolled_back);
  BOOST_TEST((certificates().front().certificate == before));
  BOOST_TEST((keys.find("opc")->certificate->certificate == before));
  BOOST_TEST(certificates("i=14088").size() == 1u);
  BOOST_TEST(lists.record({"opc", "user-token"}).list.trusted_certificates.empty());
  BOOST_TEST(count("changes-rolled-back") == 1u);
  const std::string shown = groups.info({"opc", "user-token"}).directory;
  BOOST_TEST(std::filesystem::is_empty(shown + "/trusted/certs"));
  stage_list({}, "https");
  apply();
}

BOOST_FIXTURE_TEST_CASE(unconfirmed_changes_keep_the_next_transaction_away_after_a_restart, Unconfirmed) {
  transactions.set_unconfirmed("opc", false);
  agent::CertificateGroups restarted(loop, services(), maker, {}, observer());
  BOOST_CHECK_EXCEPTION(stage_list({}, "https"), agent::Error, has_code(Code::transaction_pending));
}

BOOST_AUTO_TEST_CASE(a_time_to_confirm_has_its_bound) {
  push(sign(request()));
  BOOST_CHECK_EXCEPTION(apply({.confirm_within = std::chrono::hours(25)}), agent::Error,
                        has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(apply({.confirm_within = std::chrono::seconds(-1)}), agent::Error,
                        has_code(Code::invalid_argument));
  apply({.confirm_within = std::chrono::hours(24)});
}

BOOST_AUTO_TEST_SUITE_END()
