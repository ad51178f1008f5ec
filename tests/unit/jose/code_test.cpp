#include <boost/test/unit_test.hpp>
#include <set>

#include "jose/bundle/code.h"
#include "jose/jwe.h"
#include "tests/unit/jose/problem.h"

using namespace edgeseal::jose;
using namespace edgeseal::jose::test;

namespace {

std::string password(std::string_view typed) {
  return std::string(text_of(split_code(typed).password));
}

std::string tan(std::string_view typed) {
  return std::string(text_of(split_code(typed).tan));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bundle_code)

BOOST_AUTO_TEST_CASE(a_code_has_four_groups_of_four_and_sixty_bits) {
  std::set<std::string> all;
  for (int count = 0; count < 100; ++count) {
    const std::string code(make_code());
    BOOST_REQUIRE_EQUAL(code.size(), 19U);
    BOOST_CHECK(code[4] == '-' && code[9] == '-' && code[14] == '-');
    BOOST_CHECK(!is_mistyped(code));
    BOOST_CHECK_CLOSE(code_bits(code), 60.0, 0.001);
    all.insert(code);
  }
  BOOST_CHECK_EQUAL(all.size(), 100U);
}

BOOST_AUTO_TEST_CASE(W14_the_last_three_characters_never_enter_the_derivation) {
  BOOST_CHECK_EQUAL(password("271828314"), "271828");
  BOOST_CHECK_EQUAL(tan("271828314"), "314");
  const std::string code(make_code());
  BOOST_CHECK_EQUAL(password(code).size(), 13U);
  BOOST_CHECK_EQUAL(tan(code), code.substr(16));
}

BOOST_AUTO_TEST_CASE(a_code_is_the_same_however_it_is_typed) {
  const std::string code = "0000-0000-0001-1Z0A";
  BOOST_REQUIRE(!is_mistyped(code));
  BOOST_CHECK_EQUAL(password(code), "0000000000011");
  for (const char* const typed : {"000000000001 1z0a", "oooo-oooo-oooI-lzOa", "OOOO OOOO 0001 1Z0A"}) {
    BOOST_CHECK_EQUAL(password(typed), password(code));
    BOOST_CHECK_EQUAL(tan(typed), "Z0A");
  }
}

BOOST_AUTO_TEST_CASE(a_slip_in_one_symbol_or_two_exchanged_are_found_before_a_try_is_spent) {
  const std::string code(make_code());
  for (std::size_t place = 0; place < 15; ++place) {
    std::string slip = code;
    slip[place] = slip[place] == '7' ? '8' : '7';
    BOOST_CHECK(place % 5 == 4 || slip == code || is_mistyped(slip));
  }
  BOOST_CHECK(!is_mistyped("1234"));
  BOOST_CHECK(!is_mistyped("a word that is not a code"));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_code_is_taken_byte_for_byte) {
  BOOST_CHECK_EQUAL(password("Old-oIl 123"), "Old-oIl ");
  BOOST_CHECK_EQUAL(password("0000-0000-0001-2Z0A"), "0000-0000-0001-2");
}

BOOST_AUTO_TEST_CASE(a_code_that_is_too_short_or_too_long_is_refused) {
  for (const auto& code : {std::string(), std::string("123"), std::string(max_code_length + 1, '1')})
    check_refused(Problem::malformed, [&] { static_cast<void>(split_code(code)); });
}

BOOST_AUTO_TEST_CASE(bits_count_what_is_derived_from_and_not_the_tan) {
  BOOST_CHECK_CLOSE(code_bits("123456789"), 19.93, 0.1);    // six digits
  BOOST_CHECK_CLOSE(code_bits("12-34 56789"), 19.93, 0.1);  // separators are no secret
  BOOST_CHECK_LT(code_bits("1234567890123"), min_code_bits);
  BOOST_CHECK_GT(code_bits("Tr0ub4dor&3xyz"), min_code_bits);
  BOOST_CHECK_EQUAL(code_bits("123"), 0);
}

BOOST_AUTO_TEST_CASE(the_time_of_a_guess_follows_from_the_iterations) {
  BOOST_CHECK_CLOSE(seconds_to_guess(20, max_iterations), seconds_to_guess(20, 1'000'000) * 2, 0.001);
  BOOST_CHECK_EQUAL(describe_duration(seconds_to_guess(code_bits("1234567"), default_iterations)),
                    "less than a second");
  BOOST_CHECK_EQUAL(describe_duration(seconds_to_guess(code_bits("123456789"), default_iterations)), "33 seconds");
  BOOST_CHECK_EQUAL(describe_duration(seconds_to_guess(60, default_iterations)), "1218 thousand years");
  BOOST_CHECK_EQUAL(describe_duration(seconds_to_guess(400, default_iterations)), "longer than the world is old");
}

BOOST_AUTO_TEST_SUITE_END()
