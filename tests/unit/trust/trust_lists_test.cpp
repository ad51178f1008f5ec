#include "agent/trust/trust_lists.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "tests/unit/trust/trust_fixture.h"

namespace edgeseal::agent {
namespace {

using namespace std::chrono_literals;
using test::Authority;
using test::authority_fields;
using test::CertificateFields;
using test::Days;

struct Fixture : test::TrustFixture {
  // The text and the code of a refusal.
  std::string refusal(const TrustList& refused) {
    try {
      (void)lists->check(https, refused, now);
      return "taken";
    } catch (const Error& error) {
      return fmt::format("{}: {}", bus_name(error.code()), error.what());
    }
  }
  [[nodiscard]] const TrustList& current() { return lists->record(https).list; }
};

bool begins(const std::string& text, const std::string& with) {
  return text.starts_with(with);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trust_lists, Fixture)

BOOST_AUTO_TEST_CASE(a_group_without_a_list_trusts_nobody_and_needs_no_tpm) {
  begin();  // the seal is not open
  BOOST_TEST(lists->record(https).list.trusted_certificates.empty());
  BOOST_TEST(lists->intact(https));
  BOOST_TEST(!lists->has_list(https));
  BOOST_TEST(lists->record(https).validation_options == 1u << 6);
}

BOOST_AUTO_TEST_CASE(a_list_is_in_use_when_it_was_committed_and_after_a_restart) {
  const TrustList pushed = list();
  put(pushed);
  BOOST_TEST((current() == pushed));
  BOOST_TEST((changed == std::vector<std::string>{"https"}));
  restart();
  BOOST_TEST((current() == pushed));
  BOOST_TEST(lists->intact(https));
  BOOST_TEST(lists->has_list(https));
  BOOST_TEST(audited.empty());
}

BOOST_AUTO_TEST_CASE(F2_what_a_list_does_not_specify_stays_as_it_is) {
  const TrustList first = list();
  put(first);
  const Authority other("other");
  TrustList change{.specified = issuer_certificates_mask};
  change.issuer_certificates = {intermediate.certificate(), other.certificate()};
  put(change);
  BOOST_TEST((current().issuer_certificates == change.issuer_certificates));
  BOOST_TEST((current().trusted_certificates == first.trusted_certificates));
  BOOST_TEST((current().trusted_crls == first.trusted_crls));
  BOOST_TEST((current().issuer_crls == first.issuer_crls));
  put({.specified = trusted_crls_mask | issuer_crls_mask});
  BOOST_TEST(current().trusted_crls.empty());
  BOOST_TEST(current().issuer_crls.empty());
  BOOST_TEST((current().trusted_certificates == first.trusted_certificates));
}

BOOST_AUTO_TEST_CASE(F5_one_invalid_element_refuses_the_whole_and_is_named) {
  const TrustList good = list();
  put(good);
  TrustList bad = list();
  bad.trusted_certificates.push_back({std::byte{0x30}});
  BOOST_TEST(begins(refusal(bad), "CertificateInvalid: number 2 of the trusted certificates: "));
  bad = list();
  bad.issuer_crls.push_back(root.certificate());
  BOOST_TEST(begins(refusal(bad), "CertificateInvalid: number 2 of the issuer CRLs: "));
  bad = list();
  bad.issuer_certificates.push_back(Authority(authority_fields("weak"), EVP_RSA_gen(1024), nullptr).certificate());
  BOOST_TEST(begins(refusal(bad), "CertificatePolicyCheckFailed: number 2 of the issuer certificates: CN=weak: "));
  bad = list();
  bad.issuer_certificates.push_back(root.issue({}, *test::public_rsa_key(3072, 3072)));
  BOOST_TEST(begins(refusal(bad), "CertificateInvalid: number 2 of the issuer certificates: "));
  BOOST_TEST((current() == good));
  BOOST_TEST((*state->trust_list("web", "https", TrustListGeneration::current) == lists->record(https)));
}

BOOST_AUTO_TEST_CASE(F5_each_crl_is_signed_by_an_authority_of_the_merged_list) {
  TrustList bad = list();
  bad.trusted_crls.push_back(Authority("stranger").crl());
  BOOST_TEST(begins(refusal(bad), "CertificateInvalid: number 2 of the trusted CRLs: no authority"));
  bad = list();
  bad.issuer_crls.push_back(Authority("root").crl());  // another of the same name
  BOOST_TEST(begins(refusal(bad), "CertificateInvalid: number 2 of the issuer CRLs: no authority"));
  put(list());
  TrustList without{.specified = issuer_certificates_mask};  // the CRL of the intermediate stays
  BOOST_TEST(begins(refusal(without), "CertificateInvalid: number 1 of the issuer CRLs: no authority"));
  const TrustList only_crl{.specified = trusted_crls_mask, .trusted_crls = {root.crl(), intermediate.crl()}};
  BOOST_TEST(refusal(only_crl) == "taken");
}

BOOST_AUTO_TEST_CASE(F8_a_list_whose_crls_take_too_many_signatures_is_refused) {
  constexpr std::size_t namesakes = 64;
  TrustList many;
  for (std::size_t i = 0; i < namesakes; ++i) {
    const Authority namesake("one of many");
    many.trusted_certificates.push_back(namesake.certificate());
    many.trusted_crls.push_back(namesake.crl());
  }
  BOOST_TEST(namesakes * namesakes == TrustLists::max_crl_signatures);
  BOOST_TEST(refusal(many) == "taken");
  many.issuer_crls.push_back(many.trusted_crls.front());
  BOOST_TEST(begins(refusal(many), "RequestTooLarge: for its CRLs more than 4096 signatures"));
}

BOOST_AUTO_TEST_CASE(F5_what_has_expired_is_taken) {
  CertificateFields fields = authority_fields("old");
  fields.from = Days(-10);
  fields.to = Days(-1);
  const Authority old(fields, EVP_EC_gen("P-256"), nullptr);
  BOOST_TEST(refusal({.trusted_certificates = {old.certificate()},
                      .trusted_crls = {old.crl({}, Days(-9), Days(-2))}}) == "taken");
}

BOOST_AUTO_TEST_CASE(F6_a_checked_list_is_not_in_use_before_it_is_committed) {
  const TrustList first = list();
  put(first);
  const CheckedTrustList next = lists->check(https, {}, now);
  BOOST_TEST((current() == first));
  BOOST_TEST((lists->store(https)->list() == first));
  commit(next);
  BOOST_TEST((current() == TrustList{}));
}

BOOST_AUTO_TEST_CASE(F11_the_time_of_the_last_update_changes_with_a_commit_only_and_survives_a_restart) {
  BOOST_TEST((lists->record(https).last_update == Time{}));
  const CheckedTrustList checked = lists->check(https, list(), now);
  BOOST_TEST((lists->record(https).last_update == Time{}));
  commit(checked);
  const Time first = now;
  BOOST_TEST((lists->record(https).last_update == first));
  now += 1h;
  (void)lists->check(https, list(), now);
  commit(lists->with_options(lists->present(https), 5min, suppress_certificate_expired));
  BOOST_TEST((lists->record(https).last_update == first));
  restart();
  BOOST_TEST((lists->record(https).last_update == first));
  BOOST_TEST((lists->record(https).update_frequency == 5min));
  BOOST_TEST(lists->record(https).validation_options == suppress_certificate_expired);
  put(list());
  BOOST_TEST((lists->record(https).last_update == now));
  BOOST_TEST((lists->record(https).update_frequency == 5min));
}

BOOST_AUTO_TEST_CASE(F8_a_list_larger_than_the_limit_is_refused) {
  const std::size_t size = encoded_size(list());
  TrustLists small(*state, *seal, audit, {size + 100, {}}, [](const dbus::GroupName&) {});
  BOOST_TEST(small.max_size() == size + 100);
  BOOST_CHECK_NO_THROW((void)small.check(https, list(), now));
  TrustList large = list();
  large.issuer_certificates.push_back(root.certificate());
  BOOST_CHECK_EXCEPTION((void)small.check(https, large, now), Error, test::has_code(Code::request_too_large));
}

BOOST_AUTO_TEST_CASE(F8_without_a_limit_the_ceiling_holds) {
  const auto limit = [&](std::size_t size) {
    return TrustLists(*state, *seal, audit, {size, {}}, [](const dbus::GroupName&) {}).max_size();
  };
  BOOST_TEST(limit(0) == TrustLists::max_size_ceiling);
  BOOST_TEST(limit(~std::size_t{0}) == TrustLists::max_size_ceiling);
  BOOST_TEST(limit(1) == 1u);
}

BOOST_AUTO_TEST_CASE(a_reader_keeps_its_list_whatever_is_committed) {
  const TrustList first = list();
  put(first);
  const TrustStorePtr held = lists->store(https);
  put({});
  BOOST_TEST((held->list() == first));
}

BOOST_AUTO_TEST_CASE(what_the_state_has_is_read_again_after_it_changed_under_the_lists) {
  put(list());
  changed.clear();
  state->reset("web");
  lists->forget("other");
  BOOST_TEST(changed.empty());
  lists->forget("web");
  BOOST_TEST((changed == std::vector<std::string>{"https"}));
  BOOST_TEST(current().trusted_certificates.empty());
  BOOST_TEST(!lists->has_list(https));
}

// Each byte of what is stored, in steps that meet all of its parts.
BOOST_AUTO_TEST_CASE(D11_a_flipped_byte_of_a_list_brings_back_the_one_before_with_an_alarm) {
  const TrustList first = list();
  const std::size_t size = encoded_size(first);
  for (std::size_t at = 1; at <= size; at += at < 32 ? 1 : 37) {
    state->reset("web");
    lists->forget("web");
    put(first);
    put({.specified = issuer_crls_mask});
    const std::size_t position = std::min(at, encoded_size(current()));
    audited.clear();
    changed.clear();
    tamper(
        fmt::format("UPDATE trust_list SET list = CAST(substr(list, 1, {0} - 1) || CASE hex(substr(list, {0}, 1)) WHEN "
                    "'5A' THEN x'5B' ELSE x'5A' END || substr(list, {0} + 1) AS BLOB) WHERE generation = (SELECT "
                    "max(generation) FROM trust_list)",
                    position));
    BOOST_TEST((current() == first), position);
    BOOST_TEST(!lists->intact(https));
    BOOST_REQUIRE(audits("integrity-lost") == 1u);
    BOOST_TEST(audited.front().fields.at("replaced-by") == "previous");
    BOOST_TEST((changed == std::vector<std::string>{"https"}));
  }
}

BOOST_AUTO_TEST_CASE(D11_so_does_a_change_of_anything_else_that_a_list_says) {
  for (const char* column : {"last_update = last_update + 1", "update_frequency = 7", "validation_options = 65",
                             "seal = x''", "seal = zeroblob(32)", "list = x''"}) {
    state->reset("web");
    lists->forget("web");
    put(list());
    put({});
    const auto before = lists->record(https);
    tamper(fmt::format("UPDATE trust_list SET {} WHERE generation = 2", column));
    BOOST_TEST(!lists->intact(https), column);
    BOOST_TEST((lists->record(https) != before), column);
    BOOST_TEST(current().trusted_certificates.size() == 1u, column);
  }
}

BOOST_AUTO_TEST_CASE(D11_the_list_of_one_group_cannot_take_the_place_of_anothers) {
  put(list());
  const dbus::GroupName users{"web", "user-token"};
  commit(lists->check(users, {}, now));
  tamper(
      "UPDATE trust_list SET list = (SELECT list FROM trust_list WHERE certificate_group = 'https'), seal = (SELECT "
      "seal FROM trust_list WHERE certificate_group = 'https'), last_update = (SELECT last_update FROM trust_list "
      "WHERE certificate_group = 'https') WHERE certificate_group = 'user-token'");
  BOOST_TEST(lists->store(users)->list().trusted_certificates.empty());
  BOOST_TEST(!lists->intact(users));
  BOOST_TEST(lists->intact(https));
}

BOOST_AUTO_TEST_CASE(D11_where_none_is_good_the_group_trusts_nobody_until_it_is_given_a_list) {
  put(list());
  tamper("UPDATE trust_list SET seal = zeroblob(32)");
  BOOST_TEST(current().trusted_certificates.empty());
  BOOST_TEST(lists->store(https)->list().trusted_certificates.empty());
  BOOST_TEST(!lists->intact(https));
  BOOST_TEST(lists->has_list(https));  // it is not as one that never had any
  BOOST_TEST(audited.front().fields.at("replaced-by") == "none");
  restart();
  BOOST_TEST(!lists->intact(https));
  put(list());
  BOOST_TEST(lists->intact(https));
  restart();
  BOOST_TEST(lists->intact(https));
}

BOOST_AUTO_TEST_CASE(D11_a_list_in_the_state_is_not_used_before_its_seal_can_be_checked) {
  put(list());
  begin();
  BOOST_CHECK_EXCEPTION((void)lists->record(https), Error, test::has_code(Code::tpm_unavailable));
  BOOST_CHECK_EXCEPTION((void)lists->store(https), Error, test::has_code(Code::tpm_unavailable));
  prepare_seal();
  BOOST_TEST(lists->intact(https));
}

BOOST_AUTO_TEST_CASE(D11_whoever_hears_of_the_damage_may_ask_at_once) {
  put(list());
  put({});
  tamper("UPDATE trust_list SET seal = zeroblob(32) WHERE generation = 2");
  std::size_t seen = 0;
  int told = 0;
  std::optional<TrustLists> listened;
  listened.emplace(*state, *seal, audit, settings, [&](const dbus::GroupName& group) {
    seen = listened->record(group).list.trusted_certificates.size();
    if (++told == 1) listened->forget(group.application);
  });
  BOOST_TEST(listened->record(https).list.trusted_certificates.size() == 1u);
  BOOST_TEST(seen == 1u);
  BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
