#include "agent/staging/staging.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/staging/staging_fixture.h"

namespace edgeseal::test {

namespace {

using agent::Code;
using agent::StagedPhase;

struct WithKeys : StagingFixture {
  WithKeys() : StagingFixture({.allow_inline_key = true}) {}
};
struct WithSystemAnchors : StagingFixture {
  WithSystemAnchors() : StagingFixture({.system_anchors = true}) {}
};
struct WithHosts : StagingFixture {
  WithHosts() : StagingFixture({.http_hosts = {"staging.example.com"}}) {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(staging)

BOOST_FIXTURE_TEST_CASE(N10_the_sample_is_refused_for_four_reasons_and_nothing_is_stored, StagingFixture) {
  const Sample sample;
  try {
    (void)stage("<settings>" + sample.text() + file() + "</settings>");
    BOOST_ERROR("the sample was taken");
  } catch (const agent::Error& error) {
    const std::string text = error.what();
    BOOST_TEST((error.code() == Code::certificate_policy_check_failed));
    for (const char* reason : {"RSA key of 512 bits", "signed with SHA1", "has expired",
                               "its private key lies in the "
                               "clear"})
      BOOST_TEST_CONTEXT(text) BOOST_TEST(text.find(reason) != text.npos);
  }
  BOOST_TEST(!staging->set());
  BOOST_TEST(!state.record("staged-trust"));
  BOOST_TEST(state.applications().empty());
  BOOST_TEST(changes == 0);
  BOOST_TEST(audits("staged-trust-refused") == 1u);
}

BOOST_FIXTURE_TEST_CASE(N9_a_private_key_in_the_clear_is_refused_and_told_to_the_audit, StagingFixture) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  EVP_PKEY_up_ref(key.get());
  const Authority own(authority_fields("own"), key.get(), nullptr);
  refuse(inline_certificate(certificate_pem(own.certificate()) + pkcs8_key_pem(*key)),
         Code::certificate_policy_check_failed);
  BOOST_TEST(audits("staged-key-refused") == 1u);
  const Warnings warnings = stage(inline_certificate(certificate_pem(plant.certificate()) + pkcs8_key_pem(*key)));
  BOOST_TEST(warnings.size() == 1u);
  BOOST_TEST(audits("staged-key-refused") == 2u);
  BOOST_TEST(staging->set()->entries.size() == 1u);
  BOOST_TEST(state.keys_of("device").empty());
}

BOOST_FIXTURE_TEST_CASE(H12_a_key_beside_a_trust_anchor_is_not_stored, StagingFixture) {
  const agent::PublicKeyPtr key(EVP_RSA_gen(2048));
  (void)stage(inline_certificate(certificate_pem(plant.certificate()) + traditional_key_pem(*key)));
  activate();
  BOOST_TEST(state.keys_of("device").empty());
  BOOST_TEST((trusted() == std::vector<Bytes>{plant.certificate()}));
}

BOOST_FIXTURE_TEST_CASE(N9_by_policy_the_key_is_imported_as_exposed_where_it_matches, WithKeys) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256")), stranger(EVP_EC_gen("P-256"));
  const Bytes own = plant.issue({.name = "device", .more_oid = ""}, *key);
  (void)stage(inline_certificate(certificate_pem(own) + traditional_key_pem(*key) + pkcs8_key_pem(*stranger)));
  const agent::StagedEntry entry = staging->set()->entries.at(0);
  BOOST_TEST(entry.role == "own");
  BOOST_TEST(entry.slot.key_name() == "device/application/ecc-nist-p256");
  const auto pending = state.key(entry.slot, agent::KeyStatus::pending);
  BOOST_REQUIRE(pending);
  BOOST_TEST(pending->exposed);
  BOOST_TEST(state.keys_of("device").size() == 1u);
  BOOST_TEST(audits("staged-key-imported") == 1u);
  activate();
  BOOST_TEST(trusted().empty());  // its key was in the clear: it proves nothing of others
  BOOST_TEST((state.certificate(entry.slot)->certificate == own));
}

BOOST_FIXTURE_TEST_CASE(a_file_whose_key_is_being_imported_is_not_staged_into_the_list_of_another_group, WithKeys) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  const Bytes own = plant.issue({.name = "device", .more_oid = ""}, *key);
  const auto late = outcome<Warnings>([&](agent::Answer<Warnings> answer) {
    staging->stage({provisioning, {"command", "late", 0}},
                   secret(inline_certificate(certificate_pem(own) + traditional_key_pem(*key))), std::move(answer));
    staging->stage({{"device", "application"}, {"command", "meanwhile", 0}}, secret(file()),
                   [](const auto& taken) { BOOST_TEST(std::holds_alternative<Warnings>(taken)); });
    BOOST_REQUIRE(staging->set());
  });
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(late));
  BOOST_TEST((std::get<agent::Error>(late).code() == Code::invalid_state));
  BOOST_TEST(staging->set()->group.group == "application");
  BOOST_TEST(staging->set()->entries.size() == 1u);
  BOOST_TEST(state.keys_of("device").empty());
}

BOOST_FIXTURE_TEST_CASE(a_refused_file_leaves_the_key_that_came_with_a_taken_one, WithKeys) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  const std::string own =
      certificate_pem(plant.issue({.name = "device", .more_oid = ""}, *key)) + traditional_key_pem(*key);
  (void)stage(inline_certificate(own));
  refuse_record("staged-trust");
  refuse(inline_certificate(own + certificate_pem(other.certificate())), Code::state_unavailable);
  BOOST_TEST(state.keys_of("device").size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_a_start_could_not_put_into_force_says_why, StagingFixture) {
  (void)stage(file());
  (void)transactions.join({":1.99"}, "device");
  start();
  BOOST_TEST((phase() == StagedPhase::staged));
  BOOST_TEST(staging->set()->problem != "");
  transactions.cancel({":1.99"}, "device");
  start();
  BOOST_TEST((phase() == StagedPhase::verifying));
  BOOST_TEST(staging->set()->problem == "");
}

BOOST_FIXTURE_TEST_CASE(N4_without_a_person_files_are_taken_while_setup_is_open_alone, StagingFixture) {
  for (const char* way : {"drop-folder", "medium", "redirection"}) {
    (void)stage(file(), way);
    BOOST_TEST(staging->set()->needs_setup);
    staging->discard();
  }
  close_setup();
  for (const char* way : {"drop-folder", "medium", "redirection"}) refuse(file(), Code::invalid_state, way);
  BOOST_TEST(!staging->set());
  (void)stage(file());
  BOOST_TEST(!staging->set()->needs_setup);
  refuse(file(), Code::invalid_argument, "by-magic");
}

BOOST_FIXTURE_TEST_CASE(N11_who_brought_it_and_how_is_kept_and_audited, StagingFixture) {
  (void)stage(file(), "redirection");
  const agent::StagedSource& source = staging->set()->entries.at(0).source;
  BOOST_TEST((source == agent::StagedSource{"redirection", "stage.xml", 0}));
  const auto& entry = *std::ranges::find(audited, "trust-staged", &AuditEntry::kind);
  BOOST_TEST(entry.fields.at("way") == "redirection");
  BOOST_TEST(entry.fields.at("origin") == "stage.xml");
  BOOST_TEST(entry.fields.at("sha256") == agent::hexadecimal(agent::sha256(plant.certificate())));
  BOOST_TEST(trusted().empty());  // staging, and no more
}

BOOST_FIXTURE_TEST_CASE(N12_what_is_staged_survives_and_a_forged_record_does_not, StagingFixture) {
  (void)stage(file());
  const Bytes record = *state.record("staged-trust");
  close_setup();
  state.remove_record("staged-trust");
  Bytes forged = record;
  forged.back() ^= std::byte{1};
  state.put_record("staged-trust", forged);
  staging.reset();
  staging.emplace(agent::Staging::Services{state, seal, lists, groups, applications, device, setup, audit}, settings,
                  agent::Staging::World{[this] { return time(); }, {}, {}});
  staging->look();
  BOOST_CHECK_EXCEPTION((void)staging->set(), agent::Error, has_code(Code::security_checks_failed));
  state.put_record("staged-trust", record);
  BOOST_TEST(staging->set()->entries.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(N13_the_next_start_puts_it_into_force_and_the_contact_makes_it_stay, StagingFixture) {
  (void)stage(file(), "drop-folder");
  BOOST_TEST(trusted().empty());
  start();
  BOOST_TEST((trusted() == std::vector<Bytes>{plant.certificate()}));
  BOOST_TEST((phase() == StagedPhase::verifying));
  BOOST_TEST((setup.state() == agent::SetupState::verifying));
  BOOST_TEST(contact({server_certificate()}) == "");
  BOOST_TEST(!staging->set());
  BOOST_TEST(!unconfirmed());
  BOOST_TEST((setup.state() == agent::SetupState::operational));
  BOOST_TEST(audits("staged-trust-verified") == 1u);
  refuse(inline_certificate(certificate_pem(other.certificate())), Code::invalid_state, "drop-folder");
}

BOOST_FIXTURE_TEST_CASE(N13_the_wrong_server_undoes_it, StagingFixture) {
  (void)stage(file());
  activate();
  BOOST_TEST(contact({other.issue(server("gds", "DNS:gds.example.com"))}) != "");
  BOOST_TEST(trusted().empty());
  BOOST_TEST((phase() == StagedPhase::failed));
  BOOST_TEST(rolled_back.size() == 1u);
  BOOST_TEST(audits("staged-trust-rolled-back") == 1u);
  BOOST_TEST((setup.state() == agent::SetupState::setup_open));
  start();
  BOOST_TEST(trusted().empty());  // what failed is not tried again by itself
  activate();
  BOOST_TEST(contact({server_certificate()}) == "");
}

BOOST_FIXTURE_TEST_CASE(N13_a_failed_contact_undoes_it_and_the_list_before_stays, StagingFixture) {
  (void)stage(file());
  activate();
  BOOST_TEST(contact({server_certificate()}) == "");
  (void)stage(inline_certificate(certificate_pem(other.certificate())));
  activate();
  BOOST_TEST(trusted().size() == 2u);
  BOOST_TEST(staging->report_contact({}, "gds.example.com", "the handshake failed") == "the handshake failed");
  BOOST_TEST((trusted() == std::vector<Bytes>{plant.certificate()}));
}

BOOST_FIXTURE_TEST_CASE(N13_without_a_contact_in_time_it_is_undone_and_tried_at_the_next_start, StagingFixture) {
  (void)stage(file());
  activate();
  groups.undo("device");  // as its time does
  run_until([&] { return !applied.empty() && applied.back().rolled_back; });
  staging->changes_applied(applied.back());
  BOOST_TEST(trusted().empty());
  BOOST_TEST((phase() == StagedPhase::staged));
  BOOST_TEST(rolled_back.size() == 1u);
  start();
  BOOST_TEST((phase() == StagedPhase::verifying));
  BOOST_TEST((trusted() == std::vector<Bytes>{plant.certificate()}));
}

BOOST_FIXTURE_TEST_CASE(N13_a_start_in_between_goes_on_with_the_verification, StagingFixture) {
  (void)stage(file());
  activate();
  start();
  BOOST_TEST((phase() == StagedPhase::verifying));
  BOOST_TEST(contact({server_certificate()}) == "");
  (void)stage(inline_certificate(certificate_pem(other.certificate())));
  activate();
  groups.confirm("device");  // an administrator
  start();
  BOOST_TEST(!staging->set());
  BOOST_TEST(trusted().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(H14_it_authenticates_nobody_before_the_next_start, StagingFixture) {
  (void)stage(file());
  BOOST_CHECK_EXCEPTION((void)contact({server_certificate()}), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST(trusted().empty());
  start();
  BOOST_TEST(contact({server_certificate()}) == "");
}

BOOST_FIXTURE_TEST_CASE(N4_what_came_without_a_person_waits_where_setup_has_ended_meanwhile, StagingFixture) {
  (void)stage(file(), "medium");
  close_setup();
  start();
  BOOST_TEST((phase() == StagedPhase::staged));
  BOOST_TEST(trusted().empty());
  activate();
  BOOST_TEST(trusted().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(N14_the_name_of_the_host_counts_but_for_a_pinned_certificate, StagingFixture) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  const auto self_signed = [](const CertificateFields& fields) {
    return Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate();
  };
  const Bytes pinned = self_signed(server("gds.example.com", "")),
              same_name = self_signed(server("gds.example.com", ""));
  (void)stage(file());
  const auto rejected = [&](const std::vector<Bytes>& chain, const std::string& host) {
    activate();
    BOOST_TEST(contact(chain, host) != "");
    BOOST_TEST(trusted().empty());
  };
  rejected({plant.issue(server("gds.example.com", "DNS:gds.example.com"))}, "evil.example.com");
  rejected({plant.issue(server("gds.example.com", ""))}, "gds.example.com");  // the common name does not count
  rejected({plant.issue(server("gds.example.com", "IP:192.0.2.7"))}, "192.0.2.8");
  activate();
  BOOST_TEST(contact({plant.issue(server("x", "IP:192.0.2.7"))}, "192.0.2.7") == "");
  (void)stage(inline_certificate(certificate_pem(pinned)));
  activate();
  BOOST_TEST(contact({same_name}, "gds.example.com") != "");  // another key
  activate();
  BOOST_TEST(contact({pinned}, "192.0.2.200") == "");
}

BOOST_FIXTURE_TEST_CASE(N3_a_pinned_certificate_vouches_for_itself_alone, StagingFixture) {
  CertificateFields fields = server("gds", "DNS:gds.example.com");
  const Authority pinned(fields, EVP_EC_gen("P-256"), nullptr);
  (void)stage(inline_certificate(certificate_pem(pinned.certificate())));
  BOOST_TEST(staging->set()->entries.at(0).role == "pinned");
  activate();
  BOOST_TEST(contact({pinned.issue(fields), pinned.certificate()}) != "");
  activate();
  BOOST_TEST(contact({pinned.certificate()}) == "");
}

BOOST_FIXTURE_TEST_CASE(N15_the_same_file_again_changes_nothing, StagingFixture) {
  (void)stage(file());
  const int before = changes;
  const Bytes record = *state.record("staged-trust");
  (void)stage(file());
  (void)stage("<certificates>" + file() + file() + "</certificates>");
  BOOST_TEST(changes == before);
  BOOST_TEST((*state.record("staged-trust") == record));
  BOOST_TEST(audits("trust-staged") == 1u);
  activate();
  BOOST_TEST(contact({server_certificate()}) == "");
  (void)stage(file());  // it is in force by now
  BOOST_TEST(!staging->set());
  BOOST_TEST(audits("trust-staged") == 1u);
}

BOOST_FIXTURE_TEST_CASE(N6_urls_are_completed_one_by_one_and_all_are_needed, StagingFixture) {
  const std::string first = "https://a.example.com/1.der", second = "https://a.example.com/2";
  (void)stage("<certificates>" + linked_certificate(first) + linked_certificate(second) + "</certificates>");
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::invalid_state));
  staging->deliver(first, plant.certificate());
  staging->fail_download(second, "404 Not Found");
  BOOST_TEST(staging->set()->entries.at(1).problem == "404 Not Found");
  const auto page = std::as_bytes(std::span(std::string_view("<html/>")));
  BOOST_CHECK_EXCEPTION(staging->deliver(second, page), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(staging->set()->entries.at(1).problem != "404 Not Found");
  BOOST_CHECK_EXCEPTION(staging->deliver(second, Sample().certificate), agent::Error,
                        has_code(Code::certificate_policy_check_failed));
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(staging->deliver("https://evil.example/", plant.certificate()), agent::Error,
                        has_code(Code::not_found));
  start();
  BOOST_TEST(trusted().empty());
  const std::string pem = certificate_pem(other.certificate());
  staging->deliver(second, std::as_bytes(std::span(pem)));
  run_until([&] { return audits("staged-trust-activated") == 1u; });  // it was staged before this start
  BOOST_TEST(trusted().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(N6_a_private_key_that_was_downloaded_is_refused, WithKeys) {
  const std::string url = "https://a.example.com/1.pem";
  (void)stage(linked_certificate(url));
  const std::string both =
      certificate_pem(plant.certificate()) + pkcs8_key_pem(*agent::PublicKeyPtr(EVP_EC_gen("P-256")));
  BOOST_CHECK_EXCEPTION(staging->deliver(url, std::as_bytes(std::span(both))), agent::Error,
                        has_code(Code::certificate_policy_check_failed));
}

BOOST_FIXTURE_TEST_CASE(N1_plain_http_ends_with_setup, WithHosts) {
  const std::string url = linked_certificate("http://staging.example.com/ca.der");
  (void)stage(url);
  staging->discard();
  close_setup();
  refuse(url, Code::user_access_denied);
  (void)stage(linked_certificate("https://staging.example.com/ca.der"));
}

BOOST_FIXTURE_TEST_CASE(H9_there_is_no_way_back_to_plain_http, WithHosts) {
  const std::string url = linked_certificate("http://staging.example.com/ca.der");
  (void)stage(file());
  activate();
  refuse(url, Code::invalid_state);
  BOOST_TEST(contact({other.issue(server("gds", "DNS:gds.example.com"))}) != "");
  BOOST_TEST(trusted().empty());
  activate();
  BOOST_TEST(contact({server_certificate()}) == "");
  refuse(url, Code::user_access_denied);
}

BOOST_FIXTURE_TEST_CASE(N2_system_anchors_are_for_the_first_contact_and_only_where_configured, WithSystemAnchors) {
  BOOST_TEST(staging->system_anchors());
  (void)stage(file());
  BOOST_TEST(!staging->system_anchors());
  staging->discard();
  BOOST_TEST(staging->system_anchors());
  close_setup();
  BOOST_TEST(!staging->system_anchors());
}

BOOST_FIXTURE_TEST_CASE(N2_system_anchors_are_off_by_default, StagingFixture) {
  BOOST_TEST(!staging->system_anchors());
}

BOOST_FIXTURE_TEST_CASE(N17_what_is_not_valid_yet_is_judged_again_at_the_contact, StagingFixture) {
  CertificateFields fields = authority_fields("tomorrow");
  fields.from = Days(1);
  const Authority tomorrow(fields, EVP_EC_gen("P-256"), nullptr);
  const std::string text = inline_certificate(certificate_pem(tomorrow.certificate()));
  refuse(text, Code::certificate_policy_check_failed);
  clock_is_set = false;
  (void)stage(text);
  activate();
  BOOST_TEST(contact({tomorrow.issue(server("gds", "DNS:gds.example.com"))}) != "");
  clock_is_set = true;
  later = std::chrono::hours(48);
  activate();
  BOOST_TEST(contact({tomorrow.issue(server("gds", "DNS:gds.example.com"))}) == "");
}

BOOST_FIXTURE_TEST_CASE(N17_an_intermediate_of_the_file_gives_no_trust, StagingFixture) {
  const Authority middle("middle", plant);
  (void)stage("<certificates>" + file() + inline_certificate(certificate_pem(middle.certificate())) +
              "</certificates>");
  activate();
  BOOST_TEST((trusted() == std::vector<Bytes>{plant.certificate()}));
  BOOST_TEST((lists.record(provisioning).list.issuer_certificates == std::vector<Bytes>{middle.certificate()}));
  BOOST_TEST(contact({middle.issue(server("gds", "DNS:gds.example.com"))}) == "");
}

BOOST_FIXTURE_TEST_CASE(one_group_at_a_time_and_nothing_while_it_is_verified, StagingFixture) {
  (void)stage(file());
  auto elsewhere = outcome<Warnings>([&](agent::Answer<Warnings> answer) {
    staging->stage({{"device", "application"}, {"command", "", 0}},
                   secret(inline_certificate(certificate_pem(other.certificate()))), std::move(answer));
  });
  BOOST_TEST((std::get<agent::Error>(elsewhere).code() == Code::invalid_state));
  activate();
  refuse(inline_certificate(certificate_pem(other.certificate())), Code::invalid_state);
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::invalid_state));
  staging->discard();
  BOOST_TEST(trusted().empty());
  BOOST_TEST(!state.record("staged-trust"));
  BOOST_CHECK_EXCEPTION(staging->discard(), agent::Error, has_code(Code::nothing_to_do));
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_FIXTURE_TEST_CASE(a_transaction_of_somebody_else_goes_first_and_nothing_of_ours_stays, StagingFixture) {
  (void)stage(file());
  (void)transactions.join({":1.99"}, "device");
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::transaction_pending));
  BOOST_TEST((phase() == StagedPhase::staged));
  transactions.cancel({":1.99"}, "device");
  transactions.opened_for_writing({"staged-trust"}, "device", "provisioning");
  BOOST_CHECK_EXCEPTION(activate(), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST((phase() == StagedPhase::staged));
  BOOST_TEST(!transactions.pending("device"));
  transactions.closed("device", "provisioning");
  activate();
  BOOST_TEST(trusted().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_reset_of_the_device_takes_what_is_staged_along, StagingFixture) {
  (void)stage(file());
  state.reset_all();
  staging->look();
  BOOST_TEST(!staging->set());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
