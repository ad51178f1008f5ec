#include "policy/names.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

using edgeseal::policy::is_plain_name;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(names)

BOOST_DATA_TEST_CASE(names_of_applications_are_accepted,
                     data::make({"web", "a", "0", "opc-ua_server-2", "9lives", "a_", "a-"}), name) {
  BOOST_TEST(is_plain_name(name));
}

BOOST_DATA_TEST_CASE(what_is_unsafe_in_a_path_or_a_key_name_is_refused,
                     data::make({"", ".", "..", "a/b", "/", "-web", "_web", "Web", "web ", "we b", "web.conf",
                                 "w\xc3\xa9"
                                 "b",
                                 "a\nb", "*", "a=b", "a,b"}),
                     name) {
  BOOST_TEST(!is_plain_name(name));
}

BOOST_AUTO_TEST_CASE(a_zero_byte_is_refused) {
  BOOST_TEST(!is_plain_name(std::string_view("web\0x", 5)));
}

BOOST_AUTO_TEST_CASE(sixty_four_characters_are_the_limit) {
  BOOST_TEST(is_plain_name(std::string(64, 'a')));
  BOOST_TEST(!is_plain_name(std::string(65, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
