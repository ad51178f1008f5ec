#include <acl/libacl.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <mutex>

#include "tests/unit/agent/server.h"

using namespace edgeseal;
using agent::ApplicationRecord;
using agent::Code;
using test::has_code;

namespace {

ApplicationRecord named(const std::string& name) {
  return {name, "", "", {}, {agent::SlotDeclaration::parse("application/ecc-nist-p256")}, "bus"};
}

std::size_t entries(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

std::string readers_of(const std::string& directory) {
  const std::unique_ptr<std::remove_pointer_t<acl_t>, int (*)(void*)> acl(
      ::acl_get_file(directory.c_str(), ACL_TYPE_ACCESS), ::acl_free);
  BOOST_REQUIRE(acl != nullptr);
  const std::unique_ptr<char, int (*)(void*)> text(::acl_to_any_text(acl.get(), nullptr, ',', TEXT_NUMERIC_IDS),
                                                   ::acl_free);
  return text.get();
}

struct Fixture : test::Server {
  void expect_refused(const ApplicationRecord& application) {
    BOOST_CHECK_EXCEPTION(applications.create(application), agent::Error, has_code(Code::invalid_argument));
  }
  [[nodiscard]] std::string directory_of(const std::string& group) const {
    return applications.directory("opc", group);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(applications_and_groups, Fixture)

BOOST_AUTO_TEST_CASE(groups_are_those_of_slots_and_of_trust_lists_each_once) {
  BOOST_TEST(
      agent::group_names(applications.get("opc")) == (std::vector<std::string>{"application", "https", "user-token"}),
      boost::test_tools::per_element());
  ApplicationRecord application = named("twice");
  application.trust_groups = {"application", "tls"};
  BOOST_TEST(agent::group_names(application) == (std::vector<std::string>{"application", "tls"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(trust_groups_are_those_of_opc_ua_each_once) {
  ApplicationRecord application = named("a");
  for (const char* group : {"", "users", "i=14122", "../pki"}) {
    application.trust_groups = {group};
    expect_refused(application);
  }
  application.trust_groups = {"user-token", "user-token"};
  expect_refused(application);
}

BOOST_AUTO_TEST_CASE(server_capabilities_are_few_short_words_of_capitals) {
  ApplicationRecord application = named("a");
  for (const char* capability : {"", "da", "D A", "CAPABILITY"}) {
    application.server_capabilities = {capability};
    expect_refused(application);
  }
  application.server_capabilities.assign(10, "DA");
  expect_refused(application);
  application.server_capabilities.assign(9, "12345678");
  BOOST_CHECK_NO_THROW(applications.create(application));
}

BOOST_AUTO_TEST_CASE(exports_are_layouts_that_are_known) {
  ApplicationRecord application = named("a");
  application.exports = {"openssl"};
  expect_refused(application);
  application.exports.assign(agent::layout_names.begin(), agent::layout_names.end());
  applications.create(application);
  BOOST_TEST(applications.published({"a", "application"}).exports == application.exports,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_group_without_certificates_publishes_what_it_trusts) {
  trust({.trusted_certificates = {ca.certificate()}, .trusted_crls = {ca.crl()}}, "user-token");
  BOOST_TEST(entries(directory_of("user-token") + "/trusted/certs") == 1u);
  BOOST_TEST(entries(directory_of("user-token") + "/trusted/crl") == 1u);
  BOOST_TEST(entries(directory_of("user-token") + "/own/certs") == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_staged_is_shown_to_nobody_before_it_is_applied) {
  const test::Authority another("another CA");
  stage_list({.trusted_certificates = {another.certificate()}});
  BOOST_TEST(
      (applications.published({"opc", "application"}).trust_list.trusted_certificates.front() == ca.certificate()));
  const agent::StagedChanges& staged = *transactions.staged("opc");
  BOOST_TEST((applications.published({"opc", "application"}, staged).trust_list.trusted_certificates.front() ==
              another.certificate()));
}

BOOST_AUTO_TEST_CASE(an_application_that_changes_while_its_directories_are_made_gets_them_anew) {
  applications.create(named("solo"));
  const dbus::GroupName solo{"solo", "application"};
  const agent::TransactionOwner owner{":1.9"};
  (void)value<test::Bytes>([&](agent::Answer<test::Bytes> answer) {
    groups.create_self_signed(owner, solo, "ecc-nist-p256", {}, std::move(answer));
  });
  std::mutex mutex;  // holds up what is made in the background
  std::unique_lock held(mutex);
  BOOST_REQUIRE(background.submit([&mutex] { const std::lock_guard wait(mutex); }));
  bool answered = false;
  groups.apply(owner, "solo", {},
               [&](const std::variant<std::monostate, agent::Error>& outcome) { answered = outcome.index() == 0; });
  run_until([&] { return worker.pending() == 0; });
  applications.add_access_rule("solo", "user=1");
  held.unlock();
  run_until([&] { return answered && state.unpublished().empty(); });
  const std::string directory_of_solo = applications.directory("solo", "application");
  BOOST_TEST(entries(directory_of_solo + "/own/certs") == 1u);
  BOOST_TEST(readers_of(directory_of_solo + "/..").find("user:1:r-x") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(while_the_list_of_a_group_cannot_be_checked_nothing_of_it_changes) {
  agent::IntegritySeal closed(state, worker, [] {});
  agent::TrustLists unreadable(state, closed, audit, {}, [](const dbus::GroupName&) {});
  agent::Applications started(state, keys, publication, background,
                              [&](const dbus::GroupName& group) { return unreadable.record(group).list; });
  started.add_access_rule("opc", "user=1");
  BOOST_TEST(!state.unpublished().empty());
  BOOST_TEST(entries(directory_of("application") + "/trusted/certs") == 1u);
  applications.publish_missing();
  BOOST_TEST(state.unpublished().empty());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_published_is_tried_again_by_itself) {
  bool is_full = false;
  agent::Applications started(state, keys, publication, background, [&](const dbus::GroupName& group) {
    if (is_full) throw agent::Error(Code::state_unavailable, "the disk is full");
    return lists.record(group).list;
  });
  agent::Housekeeping housekeeping(loop, state, keys, started, retired, std::chrono::milliseconds(1));
  housekeeping.run();  // nothing is left to do
  is_full = true;
  started.add_access_rule("opc", "user=1");
  BOOST_TEST(!state.unpublished().empty());
  is_full = false;
  run_until([&] { return state.unpublished().empty(); });
}

BOOST_AUTO_TEST_CASE(a_group_that_cannot_be_told_keeps_no_other_from_being_guarded) {
  std::vector<std::string> told;
  agent::Applications started(state, keys, publication, background, [&](const dbus::GroupName& group) {
    if (group.group == "https") throw agent::Error(Code::state_unavailable, "its list is damaged");
    return lists.record(group).list;
  });
  started.observe({[](const ApplicationRecord&) {},
                   [&](const ApplicationRecord&, const agent::PublishedGroup& group) { told.push_back(group.group); },
                   [](const std::string&) {}});
  started.tell_published();
  BOOST_TEST(told == (std::vector<std::string>{"application", "user-token"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
