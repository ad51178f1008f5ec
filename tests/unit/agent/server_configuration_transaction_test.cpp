// Transactions: who owns them, what they change together, what is audited.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/fakes/fake_journal.h"
#include "tests/unit/agent/server.h"
#include "tests/unit/agent/server_values.h"

using namespace edgeseal;
using agent::Code;
using test::Bytes;
using test::bytes;
using test::ecc_slot;
using test::has_code;
using test::Server;

namespace {

void ignore(const std::variant<Bytes, agent::Error>& /*answer*/) {}
void ignore_flag(const std::variant<bool, agent::Error>& /*answer*/) {}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_configuration, Server)

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

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_keeps_no_change_of_another_group_away) {
  install();
  damage_certificates("opc");
  stage_list({.trusted_certificates = {ca.certificate()}}, "https");
  BOOST_CHECK_NO_THROW(apply());
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
}

BOOST_AUTO_TEST_CASE(J3_the_journal_says_who_has_updated) {
  (void)test::take_journal();
  push(sign(request()));
  apply();
  const auto journal = test::take_journal();
  const auto done = std::ranges::find_if(journal, [](const test::JournalEntry& entry) {
    return entry.contains("EDGESEAL_KIND") && entry.at("EDGESEAL_KIND") == "certificate-updated";
  });
  BOOST_REQUIRE((done != journal.end()));
  BOOST_TEST(done->at("EDGESEAL_CALLER") == ":1.7");
  BOOST_TEST(done->at("EDGESEAL_SESSION") == "session-1");
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

BOOST_AUTO_TEST_SUITE_END()
