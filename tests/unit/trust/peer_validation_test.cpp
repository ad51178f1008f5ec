#include "agent/trust/peer_validation.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/trust/trust_fixture.h"

namespace edgeseal::agent {
namespace {

using namespace std::chrono_literals;
using test::CertificateFields;
using test::Days;
using test::has_code;

struct Fixture : test::TrustFixture {
  Fixture() { put(list()); }

  std::vector<Finding> judge(const Bytes& certificate, const PeerValidation::Question& question = {}) {
    const std::vector<Bytes> chain{certificate};
    return validation.judge(https, chain, question);
  }
  void set_options(ValidationOptions options) {
    commit(lists->with_options(lists->present(https), std::nullopt, options));
  }
  [[nodiscard]] std::vector<Bytes> rejected() {
    std::vector<Bytes> certificates;
    for (const RejectedRecord& record : validation.rejected(https)) certificates.push_back(record.certificate);
    return certificates;
  }
  [[nodiscard]] const AuditEntry& last(const std::string& kind) {
    BOOST_REQUIRE(!audited.empty());
    BOOST_TEST(audited.back().kind == kind);
    return audited.back();
  }
  [[nodiscard]] Bytes expired_leaf() {
    CertificateFields fields;
    fields.from = Days(-10);
    fields.to = Days(-1);
    return root.issue(fields);
  }

  PeerValidation validation{*state, *lists, audit, {{}, 3}, {[this] { return now; }, [] { return false; }}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(peer_validation, Fixture)

BOOST_AUTO_TEST_CASE(a_peer_of_the_list_is_good_and_leaves_no_trace) {
  BOOST_TEST(judge(root.issue()).empty());
  BOOST_TEST(judge(intermediate.issue()).empty());
  BOOST_TEST(audited.empty());
  BOOST_TEST(rejected().empty());
}

BOOST_AUTO_TEST_CASE(E22_who_fails_is_on_the_rejected_list_newest_first_and_bounded) {
  std::vector<Bytes> strangers;
  for (int i = 0; i < 5; ++i) {
    strangers.push_back(test::Authority("stranger").certificate());
    BOOST_CHECK_EXCEPTION((void)judge(strangers.back()), Error, has_code(Code::certificate_untrusted));
  }
  BOOST_TEST((rejected() == std::vector<Bytes>{strangers[4], strangers[3], strangers[2]}));
  now += 1min;
  BOOST_CHECK_THROW((void)judge(strangers[2]), Error);
  BOOST_TEST((rejected() == std::vector<Bytes>{strangers[2], strangers[4], strangers[3]}));
  BOOST_TEST(validation.rejected({"web", "user-token"}).empty());
  BOOST_TEST(audits("validation-failed") == 6u);
  BOOST_TEST(last("validation-failed").fields.at("error") == "CertificateUntrusted");
  BOOST_TEST(last("validation-failed").fields.at("group") == "https");
}

BOOST_AUTO_TEST_CASE(peers_that_take_turns_are_not_written_down_each_time) {
  const std::vector<Bytes> strangers{test::Authority("one").certificate(), test::Authority("another").certificate()};
  const auto first = now;
  for (int i = 0; i < 6; ++i, now += 1s)
    BOOST_CHECK_THROW((void)judge(strangers[static_cast<std::size_t>(i % 2)]), Error);
  BOOST_TEST((rejected() == std::vector<Bytes>{strangers[1], strangers[0]}));
  BOOST_TEST((validation.rejected(https).front().rejected_at == first + 1s));
}

BOOST_AUTO_TEST_CASE(peers_do_not_choose_how_often_the_disk_is_written) {
  PeerValidation many{*state, *lists, audit, {{}, 64}, {[this] { return now; }, [] { return false; }}};
  std::vector<Bytes> chain;
  const auto refuse_next = [&] {
    chain = {test::Authority("stranger").certificate()};
    BOOST_CHECK_THROW((void)many.judge(https, chain, {}), Error);
  };
  for (int i = 0; i < 40; ++i) refuse_next();
  BOOST_TEST(rejected().size() == 32u);
  BOOST_TEST(audits("validation-failed") == 40u);
  now += 1s;
  refuse_next();
  BOOST_TEST(rejected().size() == 33u);
  BOOST_TEST((rejected().front() == chain.front()));
}

BOOST_AUTO_TEST_CASE(E22_what_is_no_certificate_is_on_no_list) {
  BOOST_CHECK_EXCEPTION((void)judge(Bytes(20)), Error, has_code(Code::certificate_invalid));
  BOOST_CHECK_EXCEPTION((void)validation.judge(https, {}, {}), Error, has_code(Code::certificate_invalid));
  BOOST_TEST(rejected().empty());
  BOOST_TEST(audits("validation-failed") == 2u);
}

BOOST_AUTO_TEST_CASE(E22_a_peer_that_tries_again_and_again_writes_once_a_minute) {
  const Bytes stranger = test::Authority("stranger").certificate();
  const Time first = now;
  for (int i = 0; i < 5; ++i) {
    BOOST_CHECK_THROW((void)judge(stranger), Error);
    now += 10s;
  }
  BOOST_TEST((validation.rejected(https).front().rejected_at == first));
  now += 20s;
  BOOST_CHECK_THROW((void)judge(stranger), Error);
  BOOST_TEST((validation.rejected(https).front().rejected_at == now));
}

BOOST_AUTO_TEST_CASE(F14_by_default_nothing_is_suppressed_and_revocation_is_checked) {
  BOOST_TEST(lists->record(https).validation_options == 1u << 6);
  BOOST_CHECK_EXCEPTION((void)judge(expired_leaf()), Error, has_code(Code::certificate_time_invalid));
  put({.specified = trusted_crls_mask});
  BOOST_CHECK_EXCEPTION((void)judge(root.issue()), Error, has_code(Code::certificate_revocation_unknown));
}

BOOST_AUTO_TEST_CASE(F14_the_options_of_the_list_suppress) {
  set_options(suppress_certificate_expired | check_revocation_status_offline);
  const auto findings = judge(expired_leaf());
  BOOST_REQUIRE(findings.size() == 1u);
  BOOST_TEST((findings.front().code == Code::certificate_time_invalid));
  put({.specified = trusted_crls_mask});
  set_options(suppress_revocation_status_unknown | check_revocation_status_offline);
  BOOST_TEST(judge(root.issue()).size() == 1u);
  set_options(0);  // revocation is not asked for
  BOOST_TEST(judge(root.issue()).empty());
}

BOOST_AUTO_TEST_CASE(J4_each_suppressed_error_is_audited) {
  put({.specified = trusted_crls_mask});
  set_options(0x5f);
  CertificateFields fields;
  fields.from = Days(-10);
  fields.to = Days(-1);
  const Bytes leaf = root.issue(fields);
  const auto findings = judge(leaf, {Purpose::application, "other.example.com", ""});
  BOOST_TEST(findings.size() == 3u);
  BOOST_TEST(audits("validation-error-suppressed") == 3u);
  std::vector<std::string> errors;
  for (const AuditEntry& entry : audited) {
    errors.push_back(entry.fields.at("error"));
    BOOST_TEST(entry.fields.at("fingerprint") == hexadecimal(sha256(leaf)));
  }
  BOOST_TEST(errors == (std::vector<std::string>{"CertificateTimeInvalid", "CertificateHostNameInvalid",
                                                 "CertificateRevocationUnknown"}),
             boost::test_tools::per_element());
  BOOST_TEST(rejected().empty());
}

BOOST_AUTO_TEST_CASE(J4_what_was_suppressed_before_a_failure_is_audited_too) {
  set_options(suppress_certificate_expired | check_revocation_status_offline);
  BOOST_CHECK_EXCEPTION((void)judge(expired_leaf(), {Purpose::application, "", "urn:other"}), Error,
                        has_code(Code::certificate_uri_invalid));
  BOOST_TEST(audits("validation-error-suppressed") == 1u);
  BOOST_TEST(audits("validation-failed") == 1u);
}

BOOST_AUTO_TEST_CASE(F15_revocation_is_by_the_crls_of_the_list) {
  const Bytes leaf = root.issue();
  put({.specified = trusted_crls_mask, .trusted_crls = {root.crl({leaf})}});
  BOOST_CHECK_EXCEPTION((void)judge(leaf), Error, has_code(Code::certificate_revoked));
  BOOST_TEST(judge(root.issue()).empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_for_the_group_itself_is_judged_by_the_list_that_is_given) {
  CertificateFields expired;
  expired.from = Days(-10);
  expired.to = Days(-1);
  const TrustStore store(list());
  const auto own = [&](const Bytes& leaf, bool strict, const std::string& uri = "urn:gateway:application") {
    const std::vector<Bytes> chain{leaf};
    validation.judge_own(store, https, chain, uri, strict);
  };
  BOOST_CHECK_NO_THROW(own(root.issue(), true));
  BOOST_CHECK_NO_THROW(own(root.issue(expired), false));
  BOOST_TEST(audits("validation-error-suppressed") == 1u);
  BOOST_CHECK_EXCEPTION(own(root.issue(expired), true), Error, has_code(Code::certificate_time_invalid));
  BOOST_CHECK_EXCEPTION(own(root.issue(), false, "urn:other"), Error, has_code(Code::certificate_uri_invalid));
  CertificateFields client;
  client.extended_key_usage = "clientAuth";
  BOOST_CHECK_EXCEPTION(own(root.issue(client), false), Error, has_code(Code::certificate_use_not_allowed));
  BOOST_TEST(rejected().empty());
}

BOOST_AUTO_TEST_CASE(without_the_seal_nobody_is_good) {
  begin();
  PeerValidation early(*state, *lists, audit, {}, {[this] { return now; }, [] { return false; }});
  const std::vector<Bytes> chain{root.issue()};
  BOOST_CHECK_EXCEPTION((void)early.judge(https, chain, {}), Error, has_code(Code::tpm_unavailable));
}

BOOST_AUTO_TEST_CASE(purposes_have_names) {
  for (const char* name : {"application", "https-server", "https-client", "tls", "user"})
    BOOST_CHECK_NO_THROW((void)parse_purpose(name));
  for (const char* name : {"", "https", "User"})
    BOOST_CHECK_EXCEPTION((void)parse_purpose(name), Error, has_code(Code::invalid_argument));
  BOOST_TEST((purpose_of_group("https") == Purpose::https_client));
  BOOST_TEST((purpose_of_group("user-token") == Purpose::user));
  BOOST_TEST((purpose_of_group("application") == Purpose::application));
  BOOST_TEST((purpose_of_group("tls") == Purpose::tls));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
