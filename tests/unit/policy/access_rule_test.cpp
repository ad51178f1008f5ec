#include "policy/access_rule.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "policy/error.h"

using edgeseal::policy::AccessRule;
using edgeseal::policy::Caller;
using edgeseal::policy::Error;
using edgeseal::policy::needs_unit;
using edgeseal::policy::permits;
namespace data = boost::unit_test::data;

namespace {

constexpr uid_t some_user = 4711;
constexpr gid_t some_group = 4712;
constexpr gid_t other_group = 4713;

Caller caller() {
  return {.uid = some_user, .groups = {other_group, some_group}, .unit = "nginx.service"};
}

std::vector<AccessRule> rules(const std::vector<std::string>& texts) {
  std::vector<AccessRule> parsed;
  for (const auto& text : texts) parsed.push_back(AccessRule::parse(text));
  return parsed;
}

std::string problem_of(const std::string& text) {
  try {
    (void)AccessRule::parse(text);
  } catch (const Error& error) {
    BOOST_TEST(error.path() == text);
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_rule)

BOOST_AUTO_TEST_CASE(an_empty_list_permits_nobody) {
  BOOST_TEST(!permits({}, caller()));
  BOOST_TEST(!permits({}, Caller{}));
}

BOOST_AUTO_TEST_CASE(root_needs_no_rule) {
  BOOST_TEST(permits({}, Caller{.uid = 0, .groups = {}, .unit = {}}));
  BOOST_TEST(permits(rules({"user=4711"}), Caller{.uid = 0, .groups = {}, .unit = {}}));
}

BOOST_AUTO_TEST_CASE(a_rule_without_conditions_permits_nobody) {
  BOOST_TEST(!permits(std::vector<AccessRule>(1), caller()));
  BOOST_TEST(!permits(std::vector<AccessRule>(1), Caller{}));
}

BOOST_DATA_TEST_CASE(every_condition_that_holds_permits,
                     data::make({"user=4711", "group=4712", "group=4713", "unit=nginx.service", "user=4711,group=4712",
                                 "user=4711,unit=nginx.service", "unit=nginx.service,group=4712,user=4711"}),
                     rule) {
  BOOST_TEST(permits(rules({rule}), caller()));
}

BOOST_DATA_TEST_CASE(one_condition_that_fails_refuses,
                     data::make({"user=4710", "group=4711", "unit=apache2.service", "unit=nginx.scope",
                                 "user=4711,group=4714", "user=4710,unit=nginx.service",
                                 "group=4712,unit=mosquitto.service", "user=4711,group=4712,unit=nginx@1.service"}),
                     rule) {
  BOOST_TEST(!permits(rules({rule}), caller()));
}

BOOST_AUTO_TEST_CASE(one_rule_of_several_is_enough) {
  BOOST_TEST(permits(rules({"user=1", "unit=other.service", "group=4712"}), caller()));
  BOOST_TEST(!permits(rules({"user=1", "unit=other.service", "group=1"}), caller()));
}

BOOST_AUTO_TEST_CASE(a_caller_without_a_known_unit_matches_no_unit_rule) {
  Caller unknown = caller();
  unknown.unit.clear();
  BOOST_TEST(!permits(rules({"unit=nginx.service"}), unknown));
  BOOST_TEST(permits(rules({"user=4711"}), unknown));
}

BOOST_AUTO_TEST_CASE(the_unit_is_needed_only_where_a_rule_names_one) {
  BOOST_TEST(!needs_unit({}));
  BOOST_TEST(!needs_unit(rules({"user=4711", "group=4712"})));
  BOOST_TEST(needs_unit(rules({"user=4711", "group=4712,unit=nginx.service"})));
}

BOOST_AUTO_TEST_CASE(accounts_are_found_by_name_and_by_number) {
  BOOST_TEST(AccessRule::parse("user=root").user.value() == 0U);
  BOOST_TEST(AccessRule::parse("user=daemon").user.value() == 1U);
  BOOST_TEST(AccessRule::parse("group=daemon").group.value() == 1U);
  BOOST_TEST(AccessRule::parse("user=4294967294").user.value() == 4294967294U);
}

BOOST_DATA_TEST_CASE(unit_names_are_kept_as_they_are,
                     data::make({"nginx.service", "opc@line-1.service", "session-2.scope", "dev-disk\\x2d1.service"}),
                     unit) {
  BOOST_TEST(AccessRule::parse(std::string("unit=") + unit).unit == unit);
}

BOOST_DATA_TEST_CASE(what_is_no_rule_is_refused,
                     data::make({"", ",", "user", "user=", "=root", "user=root,", ",user=root",
                                 "user=root,,unit=a.service", "User=root", " user=root", "user=root ", "users=root",
                                 "user=root;unit=a.service", "user=root\n", "user=root,user=root",
                                 "group=daemon,group=4712", "unit=a.service,unit=b.service"}),
                     text) {
  BOOST_TEST(problem_of(text) != "");
}

BOOST_DATA_TEST_CASE(ids_that_are_none_are_refused,
                     data::make({"user=no-such-account", "group=no-such-group", "user=-1", "user=4294967295",
                                 "user=4294967296", "user=0x10", "user=1.0", "user=99999999999999999999"}),
                     text) {
  BOOST_TEST(problem_of(text).find("there is no ") != std::string::npos);
}

BOOST_DATA_TEST_CASE(units_that_could_never_match_are_refused,
                     data::make({"unit=nginx", "unit=nginx.socket", "unit=.service", "unit=system.slice",
                                 "unit=a/b.service", "unit=*.service", "unit=a b.service"}),
                     text) {
  BOOST_TEST(problem_of(text).find("nginx.service") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_unit_name_has_255_bytes_at_most) {
  const std::string type = ".service";
  BOOST_TEST(problem_of("unit=" + std::string(255 - type.size(), 'a') + type) == "");
  BOOST_TEST(problem_of("unit=" + std::string(256 - type.size(), 'a') + type) != "");
}

BOOST_AUTO_TEST_CASE(a_zero_byte_does_not_hide_the_rest_of_a_name) {
  BOOST_CHECK_THROW((void)AccessRule::parse(std::string_view("user=root\0x", 11)), Error);
}

BOOST_AUTO_TEST_CASE(the_message_names_the_rule_and_the_word) {
  BOOST_TEST(problem_of("host=gw1") == "host=gw1: 'host' is unknown; a condition is user=, group= or unit=");
}

BOOST_AUTO_TEST_SUITE_END()
