// What is wrong with edgeseal.toml, as the check and as a start of the agent tell it.
#include "agent/configuration/main_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "agent/configuration/configuration_check.h"
#include "agent/error.h"
#include "tests/fakes/fake_journal.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;

namespace {

// What a bad value costs: the start of the agent; the setting alone, and the start tells it; or whoever uses it, as
// what is missing may come later.
enum class Costs { start, setting, use };

struct BadValue {
  std::string section, key, value;
  Costs costs;
};
std::ostream& operator<<(std::ostream& out, const BadValue& bad) {
  return out << bad.section << '.' << bad.key << " = " << bad.value;
}

const std::string too_long = '"' + std::string(65, 'x') + '"';

const std::vector<BadValue> bad_values{{"tpm", "tcti", "5", Costs::start},
                                       {"tpm", "pcr-authority", "\"/nope/none.pem\"", Costs::setting},
                                       {"keys", "sealed-idle-seconds", "-1", Costs::start},
                                       {"keys", "spare-rsa-keys", "17", Costs::start},
                                       {"keys", "spare-quiet-seconds", "-1", Costs::start},
                                       {"keys", "retired-key-grace", "-1", Costs::start},
                                       {"keys", "retired-key-limit", "-1", Costs::start},
                                       {"trust", "max-list-size", "-1", Costs::start},
                                       {"trust", "activity-timeout-ms", "1", Costs::start},
                                       {"trust", "rejected-certificates", "0", Costs::start},
                                       {"trust", "minimum-rsa-bits", "512", Costs::start},
                                       {"trust", "minimum-curve-bits", "0", Costs::start},
                                       {"trust", "minimum-hash-bits", "0", Costs::start},
                                       {"trust", "expiration-limit-days", "0", Costs::start},
                                       {"trust", "strict", "5", Costs::start},
                                       {"device", "product-instance-uri", "\"no uri\"", Costs::setting},
                                       {"device", "account", "\"nobody-there\"", Costs::use},
                                       {"device", "access", "[\"color=red\"]", Costs::setting},
                                       {"device", "manufacturer", too_long, Costs::setting},
                                       {"device", "model", too_long, Costs::setting},
                                       {"device", "serial-number", "\"no number\"", Costs::setting},
                                       {"device", "hardware-type", "\"not an oid\"", Costs::setting},
                                       {"device", "singleton", "5", Costs::start},
                                       {"device", "updater", "5", Costs::start},
                                       {"staging", "allow-inline-key", "5", Costs::start},
                                       {"staging", "system-anchors", "5", Costs::start},
                                       {"staging", "fetch-urls", "5", Costs::start},
                                       {"staging", "http-hosts", "[\"http://host\"]", Costs::setting},
                                       {"staging", "verify-within-seconds", "1", Costs::start},
                                       {"setup", "open-by", "[\"magic\"]", Costs::setting},
                                       {"setup", "window-minutes", "0", Costs::start},
                                       {"setup", "presence-minutes", "0", Costs::start},
                                       {"setup", "strict", "5", Costs::start},
                                       {"setup", "password-tries", "0", Costs::start},
                                       {"setup", "password-pause-ms", "-1", Costs::start},
                                       {"setup.switch", "event", "\"event0\"", Costs::setting},
                                       {"setup.switch", "key", "\"KEY_NONE\"", Costs::setting},
                                       {"setup.switch", "gpio-chip", "\"gpiochip0\"", Costs::setting},
                                       {"setup.switch", "gpio-line", "-1", Costs::start},
                                       {"setup.switch", "active-low", "5", Costs::start},
                                       {"setup.switch", "hold-seconds", "61", Costs::start},
                                       {"bundle", "without-pin", "5", Costs::start},
                                       {"bundle", "import-keys", "5", Costs::start},
                                       {"bundle", "pin-minutes", "0", Costs::start},
                                       {"bundle", "verify-within-seconds", "1", Costs::start},
                                       {"enrolment", "account", "\"nobody-there\"", Costs::use},
                                       {"enrolment", "job-seconds", "1", Costs::start},
                                       {"state", "directory", "\"relative\"", Costs::start},
                                       {"key-socket", "path", "\"relative\"", Costs::setting},
                                       {"key-socket", "deadline-ms", "0", Costs::start},
                                       {"key-socket", "max-connections", "0", Costs::start},
                                       {"key-socket", "max-connections-per-user", "0", Costs::start},
                                       {"audit", "segment-kib", "1", Costs::start},
                                       {"audit", "segments", "1", Costs::start},
                                       {"bus", "admin-group", "\"nobody-there\"", Costs::use},
                                       {"enrolment", "account", "\"0\"", Costs::setting},
                                       {"bus", "admin-group", "\"0\"", Costs::setting}};

struct Fixture {
  test::TemporaryDirectory directory;
  std::string path = directory.file("edgeseal.toml");

  Fixture() {
    ::umask(0022);
    (void)test::take_journal();
  }
  void write(const std::string& text) const { std::ofstream(path) << text; }
  [[nodiscard]] std::vector<agent::ConfigurationProblem> found() const {
    agent::ConfigurationProblems problems;
    (void)agent::read_whole_configuration({path}, agent::this_machine(), problems);
    return problems.all();
  }
  // What keeps the agent from starting; empty: nothing.
  [[nodiscard]] std::string refusal() const {
    try {
      (void)agent::load_configuration(path);
      return {};
    } catch (const agent::Error& error) {
      return error.what();
    }
  }
  static bool is_logged(const std::string& message) {
    return std::ranges::any_of(test::take_journal(), [&](auto entry) { return entry["MESSAGE"] == message; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(main_file, Fixture)

BOOST_DATA_TEST_CASE(the_check_tells_each_mistake_and_a_start_the_same, boost::unit_test::data::make(bad_values), bad) {
  write("[" + bad.section + "]\n" + bad.key + " = " + bad.value + "\n");
  const auto problems = found();
  BOOST_REQUIRE(problems.size() == 1u);
  BOOST_TEST(problems.front().line == 2u);
  BOOST_TEST((problems.front().kind != agent::ConfigurationProblem::Kind::warning));
  const std::string told = problems.front().told();
  BOOST_TEST_MESSAGE(told);
  BOOST_TEST(refusal() == (bad.costs == Costs::start ? told : ""));
  BOOST_TEST(is_logged("the agent starts with a mistake in its configuration: " + told) ==
             (bad.costs == Costs::setting));
}

BOOST_AUTO_TEST_CASE(no_key_is_left_out_there) {
  std::set<std::string> wanted, tried;
  std::ifstream shipped(EDGESEAL_SHIPPED_CONFIGURATION);
  std::string section;
  for (std::string line; std::getline(shipped, line);) {
    const auto equals = line.find(" = ");
    if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
    if (line.starts_with('#') && !line.starts_with("# ") && equals != std::string::npos)
      wanted.insert(section + "." + line.substr(1, equals - 1));
  }
  for (const BadValue& bad : bad_values) tried.insert(bad.section + "." + bad.key);
  BOOST_CHECK_EQUAL_COLLECTIONS(tried.begin(), tried.end(), wanted.begin(), wanted.end());
}

BOOST_AUTO_TEST_CASE(with_a_mistake_a_setting_is_on_the_safe_side) {
  write(
      "[tpm]\npcr-authority = \"none.pem\"\n[setup]\nopen-by = [\"magic\", \"presence\"]\n[setup.switch]\n"
      "event = \"/dev/input/event0\"\nkey = \"KEY_NONE\"\n");
  const agent::Configuration configuration = agent::load_configuration(path);
  BOOST_REQUIRE(configuration.pcr_authority.has_value());
  BOOST_TEST(configuration.pcr_authority->empty());
  BOOST_TEST(configuration.setup.open_by.size() == 1u);
  BOOST_TEST(!configuration.setup_switch.exists());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_missing_is_told_and_for_the_socket_it_is_a_warning) {
  write("[state]\ndirectory = \"/nope/state\"\n[key-socket]\npath = \"/nope/keys.sock\"\n");
  const auto problems = found();
  BOOST_REQUIRE(problems.size() == 2u);
  BOOST_TEST(problems[0].told() == path + ":2: there is no directory /nope: create it before the agent starts");
  BOOST_TEST((problems[0].kind == agent::ConfigurationProblem::Kind::meaning));
  BOOST_TEST((problems[1].kind == agent::ConfigurationProblem::Kind::warning));
  BOOST_TEST(refusal() == "");
}

BOOST_AUTO_TEST_SUITE_END()
