#include <boost/test/unit_test.hpp>

#include "jose/secret_strength.h"

using namespace edgeseal::jose;

BOOST_AUTO_TEST_SUITE(secret_strength)

BOOST_AUTO_TEST_CASE(bits_count_what_any_character_might_be) {
  const auto bits = [](const char* text) { return secret_bits(bytes_of(text)); };
  BOOST_TEST(bits("") == 0);
  BOOST_TEST(bits("1234567890123456789012345") > 80);
  BOOST_TEST(bits("123456789012345678901234") < 80);
  BOOST_TEST(bits("0123456789abcdef0123") == 80);
  BOOST_TEST(bits("0123456789abcdef012") < 80);
  BOOST_TEST(bits("aB3$aB3$aB3$aB3$aB3$") == 0);
  BOOST_TEST(is_strong_secret(bytes_of("0123456789abcdef0123")));
  BOOST_TEST(!is_strong_secret(bytes_of("0123456789abcdef012")));
}

BOOST_AUTO_TEST_SUITE_END()
