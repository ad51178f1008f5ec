#include "agent/configuration/configuration_difference.h"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

using namespace edgeseal;
using agent::ApplicationRecord;

namespace {

struct Fixture {
  agent::InForce in_force;
  agent::Declarations declared;

  static ApplicationRecord application(const std::string& name) {
    ApplicationRecord record{name,
                             "urn:gw:" + name,
                             "www",
                             {"user=www"},
                             {agent::SlotDeclaration::parse("https/https=ec-p256")},
                             "/etc/edgeseal/applications.d/" + name + ".toml"};
    record.server_capabilities = {"NA"};
    return record;
  }
  static agent::ProfileFile profile(const std::string& name, char digest) {
    agent::EnrolmentProfile profile;
    profile.name = name;
    profile.digest = {static_cast<std::byte>(digest)};
    return {name, profile, {}};
  }
  static agent::DeclaredApproval approval(const std::string& name, char signature) {
    return {name, {}, {static_cast<std::byte>(signature)}};
  }
  static agent::DeclaredTrustList list(char certificate) {
    return {{"web", "https"}, {.specified = 1, .trusted_certificates = {{static_cast<std::byte>(certificate)}}}};
  }
  // "change kind name detail" of each.
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> all;
    for (const auto& change : agent::difference(in_force, declared).changes)
      all.push_back(fmt::format("{} {} {} {}", change.change, change.kind, change.name, change.detail));
    return all;
  }
  void expect(const std::vector<std::string>& wanted) const {
    const std::vector<std::string> found = changes();
    BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_difference, Fixture)

BOOST_AUTO_TEST_CASE(what_is_in_force_as_declared_is_unchanged_and_asks_for_nothing) {
  in_force.applications = declared.applications = {application("web")};
  in_force.profiles = declared.profiles = {profile("plant", 1)};
  in_force.record.directories = {{"/pki", "web", "https", "pem"}};
  declared.directories = {{{"/pki", "web", "https", "pem"}}};
  declared.trust_lists = {list(1)};
  in_force.record.trust_lists = {{"web/https", agent::digest_of(list(1))}};
  in_force.settings = declared.settings = {{"keys.spare-rsa-keys", "1"}};
  expect({"unchanged application web ", "unchanged profile plant ", "unchanged directory /pki ",
          "unchanged trust-list web/https "});
  const auto found = agent::difference(in_force, declared);
  BOOST_TEST((found.put.empty() && found.undeclared.empty() && found.adopt.empty() && found.release.empty() &&
              found.trust_lists.empty()));
  BOOST_TEST((found.record == in_force.record));
}

BOOST_AUTO_TEST_CASE(what_is_new_is_added) {
  declared.applications = {application("web")};
  declared.profiles = {profile("plant", 1)};
  declared.directories = {{{"/pki", "web", "https", "pem"}}};
  declared.trust_lists = {list(1)};
  expect({"added application web ", "added profile plant ", "added directory /pki ", "added trust-list web/https "});
  const auto found = agent::difference(in_force, declared);
  BOOST_TEST(found.is_new("web"));
  BOOST_TEST(found.record.trust_lists.empty());  // before it is in force
  BOOST_TEST(found.trust_lists.size() == 1u);
}

BOOST_AUTO_TEST_CASE(approvals_are_told_apart_by_name_and_by_what_they_say) {
  in_force.approvals = {approval("same", 1), approval("other", 1), approval("gone", 1)};
  declared.approvals = {approval("same", 1), approval("other", 2), approval("new", 1)};
  expect({"unchanged pcr-approval same ", "changed pcr-approval other ", "added pcr-approval new ",
          "removed pcr-approval gone "});
}

BOOST_AUTO_TEST_CASE(how_a_trust_list_is_used_is_in_force_apart_from_the_list) {
  const auto options = [](double milliseconds) {
    return agent::DeclaredTrustList{{"web", "https"}, {.specified = 0}, {milliseconds, std::nullopt}};
  };
  declared.trust_lists = {list(1), options(1)};
  in_force.record.trust_lists = {{"web/https", agent::digest_of(list(1))}};
  expect({"unchanged trust-list web/https ", "added trust-options web/https "});
  in_force.record.trust_lists["web/https/options"] = agent::digest_of(options(2));
  expect({"unchanged trust-list web/https ", "changed trust-options web/https "});
  BOOST_TEST(agent::difference(in_force, declared).trust_lists.size() == 1u);
  declared.trust_lists.pop_back();
  expect({"unchanged trust-list web/https ", "removed trust-options web/https they stay in force"});
}

BOOST_AUTO_TEST_CASE(a_change_names_the_keys) {
  in_force.applications = {application("web")};
  declared.applications = {application("web")};
  declared.applications[0].access = {};
  declared.applications[0].exports = {"pem"};
  in_force.profiles = {profile("plant", 1)};
  declared.profiles = {profile("plant", 2)};
  in_force.record.directories = {{"/pki", "web", "https", "pem"}};
  declared.directories = {{{"/pki", "web", "https", "milo"}}};
  in_force.record.trust_lists = {{"web/https", agent::digest_of(list(1))}};
  declared.trust_lists = {list(2)};
  expect({"changed application web access, exports", "changed profile plant ", "changed directory /pki ",
          "changed trust-list web/https "});
  const auto found = agent::difference(in_force, declared);
  BOOST_TEST(found.release == std::vector<std::string>{"/pki"}, boost::test_tools::per_element());
  BOOST_TEST(found.adopt.size() == 1u);
  BOOST_TEST(!found.is_new("web"));
}

BOOST_AUTO_TEST_CASE(what_is_gone_is_removed_but_for_what_came_over_the_bus) {
  in_force.applications = {application("gone"), application("bus"), application("withdrawn"), application("device")};
  in_force.applications[1].origin = "bus";
  in_force.applications[2].origin = "withdrawn";
  in_force.applications[3].origin = "built-in";
  in_force.profiles = {profile("plant", 1)};
  in_force.record.directories = {{"/pki", "web", "https", "pem"}};
  in_force.record.trust_lists = {{"bus/https", "00"}, {"gone/https", "00"}};
  expect({"removed application gone with its keys and certificates",
          "removed application withdrawn with its keys and certificates", "removed profile plant ",
          "removed directory /pki its files stay", "removed trust-list bus/https the list stays in force"});
  const auto found = agent::difference(in_force, declared);
  BOOST_TEST(found.undeclared.size() == 2u);
  BOOST_TEST((found.record == agent::DeclaredRecord{}));
}

BOOST_AUTO_TEST_CASE(directories_of_an_application_whose_file_has_a_mistake_stay) {
  in_force.record.directories = {{"/pki", "web", "https", "pem"}, {"/gone", "plc", "https", "pem"}};
  declared.faulty = {"web"};
  expect({"removed directory /gone its files stay"});
  const auto found = agent::difference(in_force, declared);
  BOOST_TEST(found.release == std::vector<std::string>{"/gone"}, boost::test_tools::per_element());
  BOOST_TEST(found.record.directories.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_file_leaves_out_is_no_change) {
  in_force.applications = {application("web")};
  declared.applications = {application("web")};
  declared.applications[0].application_uri = "";
  declared.applications[0].slots = {};
  declared.applications[0].server_capabilities = {};
  expect({"unchanged application web "});
}

BOOST_AUTO_TEST_CASE(settings_wait_for_a_restart) {
  in_force.settings = {{"bus.admin-group", "'a'"}, {"keys.gone", "1"}, {"same", "1"}};
  declared.settings = {{"bus.admin-group", "'b'"}, {"trust.new", "1"}, {"same", "1"}};
  expect({"restart setting bus.admin-group ", "restart setting trust.new ", "restart setting keys.gone "});
}

BOOST_AUTO_TEST_SUITE_END()
