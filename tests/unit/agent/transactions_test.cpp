#include <boost/test/unit_test.hpp>

#include "agent/certificates/transactions.h"
#include "agent/error.h"
#include "tests/unit/agent/error_code.h"

using namespace edgeseal;
using agent::Code;
using agent::Slot;
using agent::TransactionOwner;
using test::has_code;

namespace {

const TransactionOwner owner{":1.7", "session-1"};
const TransactionOwner other_session{":1.7", "session-2"};
const TransactionOwner other_name{":1.8", "session-1"};
const Slot https{"web", "https", "https"};

struct Fixture {
  agent::Transactions::Time time{std::chrono::seconds(1000)};
  std::vector<std::string> dropped;  // certificate types
  agent::Transactions transactions{[this] { return time; },
                                   [this](const std::string&, const agent::StagedChanges& changes) {
                                     for (const auto& record : changes.certificates)
                                       dropped.push_back(record.slot.certificate_type);
                                   }};

  void stage(const TransactionOwner& by = owner, const Slot& slot = https, std::string_view content = "certificate") {
    const auto bytes = std::as_bytes(std::span(content));
    transactions.join(by, slot.application).put({slot, {}, agent::Bytes(bytes.begin(), bytes.end()), {}});
  }
  void stage_list(const std::string& group) { transactions.join(owner, "web").put({{"web", group}, nullptr}); }
  agent::StagedChanges apply() {
    (void)transactions.begin_apply(owner, "web");
    return transactions.end_apply("web", {}, "Good");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(transactions, Fixture)

BOOST_AUTO_TEST_CASE(E23_a_second_owner_is_refused_by_name_and_by_session) {
  stage();
  for (const TransactionOwner& stranger : {other_session, other_name}) {
    BOOST_CHECK_EXCEPTION(stage(stranger), agent::Error, has_code(Code::transaction_pending));
    BOOST_CHECK_EXCEPTION(transactions.require_free(stranger, "web"), agent::Error,
                          has_code(Code::transaction_pending));
    BOOST_CHECK_EXCEPTION(transactions.opened_for_writing(stranger, "web", "https"), agent::Error,
                          has_code(Code::transaction_pending));
  }
  BOOST_CHECK_NO_THROW(transactions.require_free(owner, "web"));
  BOOST_CHECK_NO_THROW(stage(other_name, {"opc", "application", "rsa-sha256"}));
}

BOOST_AUTO_TEST_CASE(E23_another_owner_neither_applies_nor_cancels) {
  stage();
  for (const TransactionOwner& stranger : {other_session, other_name}) {
    BOOST_CHECK_EXCEPTION((void)transactions.begin_apply(stranger, "web"), agent::Error,
                          has_code(Code::user_access_denied));
    BOOST_CHECK_EXCEPTION(transactions.cancel(stranger, "web"), agent::Error, has_code(Code::user_access_denied));
  }
  BOOST_TEST(transactions.pending("web"));
}

BOOST_AUTO_TEST_CASE(E26_without_a_transaction_there_is_nothing_to_apply_or_cancel) {
  BOOST_CHECK_EXCEPTION((void)transactions.begin_apply(owner, "web"), agent::Error, has_code(Code::nothing_to_do));
  BOOST_CHECK_EXCEPTION(transactions.cancel(owner, "web"), agent::Error, has_code(Code::nothing_to_do));
}

BOOST_AUTO_TEST_CASE(E26_a_list_open_for_writing_holds_apply_up_and_a_retry_succeeds) {
  stage();
  transactions.opened_for_writing(owner, "web", "https");
  transactions.opened_for_writing(owner, "web", "tls");
  transactions.closed("web", "https");
  BOOST_CHECK_EXCEPTION((void)transactions.begin_apply(owner, "web"), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST(!transactions.applying("web"));
  transactions.closed("web", "tls");
  BOOST_TEST(apply().certificates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(opening_a_list_for_writing_begins_a_transaction_whose_queue_may_stay_empty) {
  transactions.opened_for_writing(owner, "web", "https");
  transactions.closed("web", "https");
  BOOST_TEST(transactions.pending("web"));
  BOOST_TEST(apply().trust_lists.empty());
  BOOST_TEST(!transactions.pending("web"));
}

BOOST_AUTO_TEST_CASE(a_list_stays_open_when_the_transaction_is_cancelled) {
  transactions.opened_for_writing(owner, "web", "https");
  transactions.cancel(owner, "web");
  stage();
  BOOST_CHECK_EXCEPTION((void)transactions.begin_apply(owner, "web"), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(E27_what_an_owner_staged_goes_when_its_name_leaves_the_bus) {
  stage();
  stage(other_name, {"opc", "application", "rsa-sha256"});
  transactions.owner_vanished(":1.9");
  BOOST_TEST(dropped.empty());
  transactions.owner_vanished(owner.bus_name);
  BOOST_TEST(!transactions.pending("web"));
  BOOST_TEST(transactions.pending("opc"));
  BOOST_TEST(dropped == std::vector<std::string>{"https"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_being_applied_outlives_its_owner_and_takes_nothing_more) {
  stage();
  (void)transactions.begin_apply(owner, "web");
  transactions.owner_vanished(owner.bus_name);
  BOOST_TEST(transactions.applying("web"));
  BOOST_CHECK_EXCEPTION(stage(), agent::Error, has_code(Code::transaction_pending));
  BOOST_CHECK_EXCEPTION(transactions.cancel(owner, "web"), agent::Error, has_code(Code::transaction_pending));
  BOOST_CHECK_EXCEPTION((void)transactions.begin_apply(owner, "web"), agent::Error,
                        has_code(Code::transaction_pending));
  BOOST_TEST(transactions.end_apply("web", {}, "Good").certificates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_later_change_takes_the_place_of_an_earlier_one_and_of_its_condition) {
  agent::StagedChanges& changes = transactions.join(owner, "web");
  changes.put({https, {}, agent::Bytes(1), {}}, [](const agent::StagedChanges&) {});
  changes.put({https, {}, agent::Bytes(2), {}});
  BOOST_TEST(changes.certificates.size() == 1u);
  BOOST_TEST(changes.certificate(https)->certificate.size() == 2u);
  BOOST_TEST(changes.conditions.empty());
  changes.remove(https);
  changes.remove(https);
  BOOST_TEST(changes.certificate(https) == nullptr);
  BOOST_TEST(changes.deletions.size() == 1u);
  changes.put({https, {}, agent::Bytes(3), {}});
  BOOST_TEST(!changes.deletes(https));
  changes.put({{"web", "tls"}, nullptr});
  changes.put({{"web", "tls"}, nullptr});
  BOOST_TEST(changes.trust_lists.size() == 1u);
  BOOST_TEST(changes.trust_list("tls") != nullptr);
  BOOST_TEST(changes.trust_list("https") == nullptr);
}

BOOST_AUTO_TEST_CASE(unconfirmed_changes_keep_the_next_transaction_away) {
  transactions.set_unconfirmed("web", true);
  BOOST_CHECK_EXCEPTION(stage(), agent::Error, has_code(Code::transaction_pending));
  transactions.set_unconfirmed("web", false);
  BOOST_CHECK_NO_THROW(stage());
}

BOOST_AUTO_TEST_CASE(E32_before_the_first_transaction_diagnostics_are_out_of_service) {
  BOOST_CHECK_EXCEPTION((void)transactions.diagnostics("web"), agent::Error, has_code(Code::out_of_service));
}

BOOST_AUTO_TEST_CASE(E32_diagnostics_grow_while_active_and_stay_after_the_end) {
  stage();
  time += std::chrono::seconds(5);
  stage_list("tls");
  transactions.opened_for_writing(owner, "web", "user-token");
  transactions.join(owner, "web").remove({"web", "tls", "tls-server"});
  const auto active = transactions.diagnostics("web");
  BOOST_TEST(active.result == "InvalidState");
  BOOST_TEST(active.start_time == 1'000'000'000u);
  BOOST_TEST(active.end_time == 0u);
  BOOST_TEST(active.affected_trust_lists == (std::vector<std::string>{"tls", "user-token"}),
             boost::test_tools::per_element());
  BOOST_TEST(active.affected_certificate_groups == (std::vector<std::string>{"https", "tls"}),
             boost::test_tools::per_element());
  transactions.closed("web", "user-token");
  (void)apply();
  const auto ended = transactions.diagnostics("web");
  BOOST_TEST(ended.result == "Good");
  BOOST_TEST(ended.start_time == 1'000'000'000u);
  BOOST_TEST(ended.end_time == 1'005'000'000u);
  BOOST_TEST(ended.affected_trust_lists == std::vector<std::string>{"tls"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(E32_a_cancelled_transaction_says_so) {
  stage();
  transactions.cancel(owner, "web");
  BOOST_TEST(transactions.diagnostics("web").result == "RequestCancelledByClient");
  BOOST_TEST(dropped.size() == 1u);
}

BOOST_AUTO_TEST_CASE(E25_errors_of_an_apply_that_failed_stay_in_the_diagnostics) {
  stage();
  (void)transactions.begin_apply(owner, "web");
  (void)transactions.end_apply("web", {{"https/https", "CertificateRevoked", "the certificate is revoked"}},
                               "CertificateRevoked");
  const auto ended = transactions.diagnostics("web");
  BOOST_TEST(ended.result == "CertificateRevoked");
  BOOST_REQUIRE(ended.errors.size() == 1u);
  BOOST_TEST(ended.errors.front().target == "https/https");
  stage();
  BOOST_TEST(transactions.diagnostics("web").errors.empty());
}

BOOST_AUTO_TEST_CASE(a_deleted_application_leaves_nothing_behind) {
  stage();
  transactions.cancel(owner, "web");
  dropped.clear();
  transactions.opened_for_writing(owner, "web", "https");
  stage();
  transactions.set_unconfirmed("web", true);
  transactions.forget("web");
  BOOST_TEST(dropped.empty());
  BOOST_CHECK_EXCEPTION((void)transactions.diagnostics("web"), agent::Error, has_code(Code::out_of_service));
  stage(other_name);
  BOOST_CHECK_NO_THROW((void)transactions.begin_apply(other_name, "web"));
}

BOOST_AUTO_TEST_SUITE_END()
