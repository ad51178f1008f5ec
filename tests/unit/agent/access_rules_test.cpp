// Rules of who may use the keys of an application, while it is in use.

#include <acl/libacl.h>

#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/gateway.h"

namespace edgeseal::test {
namespace {

using agent::Code;

struct Fixture : Gateway {
  Fixture() { install(declare("web", "https/https=ec-p256")); }

  [[nodiscard]] std::vector<std::string> access() { return applications.get("web").access; }
  [[nodiscard]] bool permits(uid_t account) {
    return policy::permits(keys.find("web")->access, policy::Caller{account, {}, ""});
  }
  // Who may read what is published.
  [[nodiscard]] std::string readers() const {
    acl_t acl = ::acl_get_file(directory.file("pki/web").c_str(), ACL_TYPE_ACCESS);
    char* text = ::acl_to_any_text(acl, nullptr, ',', TEXT_ABBREVIATE | TEXT_NUMERIC_IDS);
    const std::string readers = text;
    ::acl_free(text);
    ::acl_free(acl);
    return readers;
  }
};

auto names(const std::string& word) {
  return [word](const agent::Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string(error.what()).find(word) != std::string::npos;
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(access_rules, Fixture)

BOOST_AUTO_TEST_CASE(an_added_rule_lets_its_account_use_the_key_and_read_what_is_published_at_once) {
  BOOST_TEST(!permits(1));
  BOOST_TEST(applications.add_access_rule("web", "user=1"));
  BOOST_TEST(permits(1));
  BOOST_TEST(readers().find("u:1:r-x") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_removed_rule_takes_both_back_at_once) {
  (void)applications.add_access_rule("web", "user=1");
  BOOST_TEST(permits(1));
  BOOST_TEST(applications.remove_access_rule("web", "user=1"));
  BOOST_TEST(!permits(1));
  BOOST_TEST(readers().find("u:1:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_there_already_and_what_is_not_there_changes_nothing) {
  BOOST_TEST(applications.add_access_rule("web", "unit=nginx.service"));
  BOOST_TEST(!applications.add_access_rule("web", "unit=nginx.service"));
  BOOST_TEST(access() == std::vector<std::string>{"unit=nginx.service"});
  BOOST_TEST(!applications.remove_access_rule("web", "unit=apache2.service"));
  BOOST_TEST(applications.remove_access_rule("web", "unit=nginx.service"));
  BOOST_TEST(!applications.remove_access_rule("web", "unit=nginx.service"));
  BOOST_TEST(access().empty());
}

BOOST_AUTO_TEST_CASE(a_rule_that_could_never_hold_is_refused) {
  for (const char* rule : {"", "colour=red", "user=no-such-account", "unit=nginx", "user=1,user=2"}) {
    BOOST_TEST_CONTEXT(rule) {
      BOOST_CHECK_EXCEPTION(applications.add_access_rule("web", rule), agent::Error, has_code(Code::invalid_argument));
    }
  }
  BOOST_TEST(access().empty());
}

BOOST_AUTO_TEST_CASE(there_is_a_bound_to_the_number_of_rules) {
  for (int uid = 1; uid <= 64; ++uid)
    (void)applications.add_access_rule("web", "unit=u" + std::to_string(uid) + ".service");
  BOOST_CHECK_EXCEPTION(applications.add_access_rule("web", "user=1"), agent::Error, has_code(Code::invalid_argument));
  BOOST_TEST(access().size() == 64u);
}

BOOST_AUTO_TEST_CASE(a_rule_whose_account_is_gone_stops_no_other_from_being_added) {
  agent::ApplicationRecord application = applications.get("web");
  application.access = {"user=no-such-account"};
  state.put_application(application);
  BOOST_TEST(applications.add_access_rule("web", "user=1"));
  BOOST_TEST(permits(1));
}

BOOST_AUTO_TEST_CASE(an_application_of_a_file_is_changed_by_its_file) {
  applications.declare({"opc", "", "", {"user=1"}, {}, "/etc/edgeseal/applications.d/opc.toml"});
  BOOST_TEST(!applications.add_access_rule("opc", "user=1"));
  BOOST_CHECK_EXCEPTION(applications.add_access_rule("opc", "user=2"), agent::Error,
                        names("/etc/edgeseal/applications.d/opc.toml: add \"user=2\" to"));
  BOOST_CHECK_EXCEPTION(applications.remove_access_rule("opc", "user=1"), agent::Error, has_code(Code::invalid_state));
  BOOST_TEST(!applications.remove_access_rule("opc", "user=2"));
}

BOOST_AUTO_TEST_CASE(rules_of_an_application_that_is_not_there_are_refused) {
  BOOST_CHECK_EXCEPTION(applications.add_access_rule("nothing", "user=1"), agent::Error, has_code(Code::not_found));
  BOOST_CHECK_EXCEPTION(applications.remove_access_rule("nothing", "user=1"), agent::Error, has_code(Code::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
