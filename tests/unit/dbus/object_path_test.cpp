#include "dbus/object_path.h"

#include <boost/test/unit_test.hpp>

namespace edgeseal::dbus {

BOOST_AUTO_TEST_SUITE(object_path)

BOOST_AUTO_TEST_CASE(what_is_no_letter_or_digit_is_escaped) {
  BOOST_TEST(application_path("web") == "/org/edgeseal/application/web");
  BOOST_TEST(application_path("opcua-server") == "/org/edgeseal/application/opcua_2dserver");
  BOOST_TEST(application_path("a_b") == "/org/edgeseal/application/a_5fb");
  BOOST_TEST(application_path("9front") == "/org/edgeseal/application/_39front");
  BOOST_TEST(application_path("../x") == "/org/edgeseal/application/_2e_2e_2fx");
}

BOOST_AUTO_TEST_CASE(a_group_is_below_its_application) {
  BOOST_TEST(group_path({"opcua-server", "user-token"}) == "/org/edgeseal/application/opcua_2dserver/user_2dtoken");
}

BOOST_AUTO_TEST_CASE(an_empty_name_has_no_path) {
  BOOST_CHECK_THROW((void)application_path(""), CallError);
  BOOST_CHECK_THROW((void)group_path({"web", ""}), CallError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::dbus
