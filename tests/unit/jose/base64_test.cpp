#include <boost/test/unit_test.hpp>

#include "jose/base64.h"
#include "jose/strict_json.h"
#include "tests/unit/jose/problem.h"

using namespace edgeseal::jose;
using namespace edgeseal::jose::test;

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(each_length_comes_back_from_both_forms) {
  Bytes bytes;
  for (int size = 0; size < 70; ++size) {
    BOOST_CHECK(decode_base64url(encode_base64url(bytes), "it") == bytes);
    const auto standard = decode_base64(encode_base64(bytes), "it");
    BOOST_CHECK(std::equal(standard.begin(), standard.end(), bytes.begin(), bytes.end()));
    bytes.push_back(static_cast<std::byte>(size * 37 + 251));
  }
}

BOOST_AUTO_TEST_CASE(the_examples_of_rfc_4648) {
  BOOST_CHECK_EQUAL(std::string(encode_base64(bytes_of("foobar"))), "Zm9vYmFy");
  BOOST_CHECK_EQUAL(std::string(encode_base64(bytes_of("foob"))), "Zm9vYg==");
  BOOST_CHECK_EQUAL(encode_base64url(bytes_of("foob")), "Zm9vYg");
  BOOST_CHECK_EQUAL(encode_base64url(bytes_of("\xff\xfe")), "__4");
}

BOOST_AUTO_TEST_CASE(a_short_text_too_lies_in_memory_that_is_wiped) {
  BOOST_TEST(encode_base64(bytes_of("1234")).capacity() > SecretText().capacity());
}

BOOST_AUTO_TEST_CASE(a_content_has_one_encoding_only) {
  for (const char* const text : {"Zm9vYg==", "Zm9v\n", " Zm9v", "Zm9vYh", "Zm9vY", "Zm+v", "Zm/v", "Zm9vY!"})
    check_refused(Problem::malformed, [text] { static_cast<void>(decode_base64url(text, "it")); });
  for (const char* const text : {"Zm9vYg", "Zm9vYg=", "Zm9vYh==", "Zm9v====", "Z===", "====", "Zm_v", "Zm9\n"})
    check_refused(Problem::malformed, [text] { static_cast<void>(decode_base64(text, "it")); });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(strict_json)

BOOST_AUTO_TEST_CASE(a_name_twice_in_an_object_is_refused_however_it_is_written) {
  for (const char* const text : {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"({"x":{"a":1,"b":2,"a":3}})"})
    check_refused(Problem::malformed, [text] { static_cast<void>(parse_json(text, "it")); });
  BOOST_CHECK_EQUAL(parse_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})", "it").size(), 2U);
}

BOOST_AUTO_TEST_CASE(what_is_not_json_in_utf_8_is_refused_without_being_quoted) {
  for (const char* const text :
       {"", "{", "{}x", "{'a':1}", "{\"a\":\"\xff\"}", "{\"a\":01}", "// x\n{}", "{\"a\":NaN}"})
    check_refused(Problem::malformed, [text] { static_cast<void>(parse_json(text, "it")); });
  BOOST_CHECK_EXCEPTION(static_cast<void>(parse_json(R"({"otp":"hunter2)", "it")), Error, [](const Error& error) {
    return std::string_view(error.what()).find("hunter2") == std::string_view::npos;
  });
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  BOOST_CHECK_NO_THROW(static_cast<void>(parse_json(nested(max_json_depth), "it")));
  check_refused(Problem::malformed, [&] { static_cast<void>(parse_json(nested(max_json_depth + 2), "it")); });
  check_refused(Problem::malformed, [&] { static_cast<void>(parse_json(nested(200000), "it")); });
}

BOOST_AUTO_TEST_SUITE_END()
