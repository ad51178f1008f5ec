#include "dbus/ctl/inhibited_command.h"

#include <boost/test/unit_test.hpp>

namespace edgeseal::ctl {
namespace {

using Words = std::vector<std::string>;

struct Split {
  explicit Split(Words words) : own(std::move(words)), command(take_inhibited_command(own)) {}
  Words own, command;
};

void check(const Split& split, const Words& own, const Words& command) {
  BOOST_TEST(split.own == own, boost::test_tools::per_element());
  BOOST_TEST(split.command == command, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inhibited_command)

BOOST_AUTO_TEST_CASE(it_begins_with_the_first_word_that_is_no_option) {
  check(Split({"inhibit", "--why", "x", "run", "--who", "y", "--", "z"}), {"inhibit", "--why", "x"},
        {"run", "--who", "y", "--", "z"});
  check(Split({"--json", "inhibit", "--who=a b", "--why=c", "run"}), {"--json", "inhibit", "--who=a b", "--why=c"},
        {"run"});
}

BOOST_AUTO_TEST_CASE(it_begins_after_two_dashes) {
  check(Split({"inhibit", "--why", "x", "--", "-run", "--help"}), {"inhibit", "--why", "x"}, {"-run", "--help"});
}

BOOST_AUTO_TEST_CASE(a_value_may_look_like_an_option_or_like_two_dashes) {
  check(Split({"inhibit", "--why", "--who", "--who", "--", "run"}), {"inhibit", "--why", "--who", "--who", "--"},
        {"run"});
}

BOOST_AUTO_TEST_CASE(it_may_be_missing) {
  check(Split({"inhibit"}), {"inhibit"}, {});
  check(Split({"inhibit", "--why"}), {"inhibit", "--why"}, {});
  check(Split({"inhibit", "--why", "x", "--"}), {"inhibit", "--why", "x"}, {});
  check(Split({"inhibit", "--help"}), {"inhibit", "--help"}, {});
}

BOOST_AUTO_TEST_CASE(other_commands_keep_their_arguments) {
  check(Split({}), {}, {});
  check(Split({"trust", "add", "inhibit", "--", "x"}), {"trust", "add", "inhibit", "--", "x"}, {});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
