#include "dbus/printable_text.h"

#include <boost/test/unit_test.hpp>

#include "dbus/bounds.h"

namespace edgeseal::dbus {

BOOST_AUTO_TEST_SUITE(printable_text)

BOOST_AUTO_TEST_CASE(text_of_all_languages_is_printable) {
  for (const char* text : {"", "a batch runs", "Prüfstand läuft", "計測中", "\xf0\x9f\x94\x92", "\xc2\xa0", "~ !"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(is_printable(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_moves_the_cursor_hides_or_turns_text_around_is_not) {
  for (const char* text : {"a\nb", "\t", "\x1b[2J", "\x7f", "\xc2\x85",
                           "\xc2\x9b"
                           "2J",
                           "\xe2\x80\xa8",
                           "\xe2\x80\xae"
                           "abc",
                           "\xe2\x81\xa6", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xef\xbf\xbf", "\xf3\xa0\x81\x81"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!is_printable(text));
    }
  }
  BOOST_TEST(!is_printable(std::string_view("\0", 1)));
}

BOOST_AUTO_TEST_CASE(what_is_no_utf_8_is_not) {
  for (const char* text : {"\xff", "\x80", "\xc3", "\xe2\x80", "\xc3(", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80",
                           "\xc1\x81", "\xe0\x81\x81"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!is_printable(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_printable_is_shown_as_question_marks_and_no_character_is_cut) {
  BOOST_TEST(made_printable("Prüfstand\n\xc2\x9b"
                            "2J\xe2\x80\xae") == "Prüfstand??2J?");
  BOOST_TEST(made_printable("\xc3(\xff") == "?(?");
  BOOST_TEST(made_printable("aü", 2) == "a");
  BOOST_TEST(made_printable("aü", 3) == "aü");
  BOOST_TEST(made_printable("ab", 0) == "");
}

BOOST_AUTO_TEST_CASE(the_refusal_names_the_argument) {
  const auto names_it = [](const CallError& error) {
    return error.name == "InvalidArgument" && std::string(error.what()).starts_with("who ");
  };
  BOOST_CHECK_EXCEPTION(check_printable("who", "", {1, 4}), CallError, names_it);
  BOOST_CHECK_EXCEPTION(check_printable("who", "12345", {1, 4}), CallError, names_it);
  BOOST_CHECK_EXCEPTION(check_printable("who", "a\rb", {1, 4}), CallError, names_it);
  BOOST_CHECK_NO_THROW(check_printable("who", "1234", {1, 4}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::dbus
