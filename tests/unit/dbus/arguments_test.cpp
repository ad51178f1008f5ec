#include "dbus/arguments.h"

#include <boost/test/unit_test.hpp>

#include "dbus/bus_error.h"

namespace edgeseal::dbus {
namespace {

auto refusal_that_names(const std::string& part) {
  return [part](const CallError& error) {
    return error.name == "InvalidArgument" && std::string(error.what()).find(part) != std::string::npos;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arguments)

BOOST_AUTO_TEST_CASE(an_option_that_is_not_given_is_empty) {
  Options options({});
  BOOST_TEST(options.text("a", 10) == "");
  BOOST_TEST(!options.flag("b"));
  BOOST_TEST(options.bytes("c", {32, 64}).empty());
  BOOST_TEST(options.texts("d", 1, 1).empty());
  options.finish();
}

BOOST_AUTO_TEST_CASE(bytes_keep_their_values) {
  Options options({{"nonce", sdbus::Variant(ByteArray{0, 127, 255})}});
  BOOST_TEST((options.bytes("nonce", {1, 3}) == Bytes{std::byte{0}, std::byte{127}, std::byte{255}}));
  BOOST_TEST((to_array(Bytes{std::byte{0}, std::byte{255}}) == ByteArray{0, 255}));
}

BOOST_AUTO_TEST_CASE(an_option_given_with_an_empty_value_is_checked_too) {
  Options options({{"nonce", sdbus::Variant(ByteArray{})}});
  BOOST_CHECK_EXCEPTION((void)options.bytes("nonce", {32, 64}), CallError, refusal_that_names("\"nonce\""));
}

BOOST_AUTO_TEST_CASE(what_nobody_took_is_unknown) {
  Options options({{"known", sdbus::Variant(true)}, {"other", sdbus::Variant(true)}});
  BOOST_TEST(options.flag("known"));
  BOOST_CHECK_EXCEPTION(options.finish(), CallError, refusal_that_names("\"other\""));
}

BOOST_AUTO_TEST_CASE(a_long_unknown_key_is_not_repeated_whole) {
  const Options options({{std::string(5000, 'k'), sdbus::Variant(true)}});
  BOOST_CHECK_EXCEPTION(options.finish(), CallError,
                        [](const CallError& error) { return std::string(error.what()).size() < 200; });
}

BOOST_AUTO_TEST_CASE(a_long_unknown_key_is_cut_between_characters) {
  const Options options({{std::string(63, 'k') + "\u00e9", sdbus::Variant(true)}});
  BOOST_CHECK_EXCEPTION(options.finish(), CallError, refusal_that_names("\"" + std::string(63, 'k') + "\""));
}

BOOST_AUTO_TEST_CASE(a_refusal_that_is_no_utf8_is_sent_with_question_marks_in_its_lines) {
  BOOST_TEST(bus_error({"InvalidArgument", "/tmp/\xc3\nGer\u00e4t\n"}).getMessage() == "/tmp/?\nGer\u00e4t\n");
}

BOOST_AUTO_TEST_CASE(the_type_that_was_given_is_named_and_the_one_that_is_taken) {
  const std::string text = "true";
  Options options({{"flag", sdbus::Variant(text)},
                   {"limit", sdbus::Variant(std::int32_t{1})},
                   {"names", sdbus::Variant(text)},
                   {"secret", sdbus::Variant(text)},
                   {"passphrase", sdbus::Variant(true)}});
  BOOST_CHECK_EXCEPTION((void)options.flag("flag"), CallError,
                        refusal_that_names("type s, which it can't have; it takes b"));
  BOOST_CHECK_EXCEPTION((void)options.integer("limit", 0, 9), CallError,
                        refusal_that_names("type i, which it can't have; it takes u"));
  BOOST_CHECK_EXCEPTION((void)options.texts("names", 1, 1), CallError, refusal_that_names("it takes as"));
  BOOST_CHECK_EXCEPTION((void)options.secret("secret", {1, 9}), CallError, refusal_that_names("it takes h or ay"));
  BOOST_CHECK_EXCEPTION((void)options.passphrase("passphrase", {1, 9}), CallError,
                        refusal_that_names("it takes s, h or ay"));
}

BOOST_AUTO_TEST_CASE(a_size_within_its_bounds_passes) {
  check_size("x", 1, {1, 2});
  check_size("x", 2, {1, 2});
  BOOST_CHECK_EXCEPTION(check_size("x", 0, {1, 2}), CallError,
                        refusal_that_names("x has the length 0, allowed are 1 to 2"));
  BOOST_CHECK_EXCEPTION(check_size("x", 3, {1, 2}), CallError, refusal_that_names("length 3"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::dbus
