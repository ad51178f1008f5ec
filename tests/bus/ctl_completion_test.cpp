// What edgesealctl offers where a command line goes on, and what bash, zsh and fish make of it: the program and the
// shells, the service on a private bus. That it offers every command and option: tests/system/shipped-commands-agree.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "tests/bus/ctl_fixture.h"
#include "tests/bus/fake_systemd.h"

namespace edgeseal::test {
namespace {

using Words = std::vector<std::string>;

Words lines_of(const std::string& text) {
  std::istringstream stream(text);
  Words lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Without descriptions.
Words words_of(const std::string& text) {
  Words words = lines_of(text);
  for (auto& word : words) word.resize(std::min(word.find('\t'), word.size()));
  return words;
}

struct Fixture : CtlFixture {
  Words complete(Words words) const {
    words.insert(words.begin(), "__complete");
    const auto result = ctl(std::move(words));
    BOOST_TEST(result.status == 0);
    BOOST_TEST(result.err == "");
    return words_of(result.out);
  }

  // What a shell offers for the last word, sorted.
  Words offered(const std::string& shell, const std::string& line) const {
    const auto directory = std::filesystem::path(EDGESEALCTL).parent_path().string();
    const auto result =
        run_program({"sh", "-c", "cd \"$1\" && shift && PATH=$1:$PATH && shift && exec \"$@\"", "sh", bus.directory(),
                     directory, "python3", EDGESEAL_COMPLETE_IN_SHELL, shell, EDGESEAL_COMPLETIONS, line},
                    bus.directory());
    BOOST_TEST(result.status == 0, result.err);
    return lines_of(result.out);
  }

  void every_shell_offers(const std::string& line, const Words& expected) const {
    for (const char* shell : {"bash", "zsh", "fish"}) BOOST_TEST_CONTEXT(shell << ": " << line) {
        BOOST_TEST(offered(shell, line) == expected, boost::test_tools::per_element());
      }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(completion, Fixture)

BOOST_AUTO_TEST_CASE(descriptions_come_along) {
  BOOST_TEST(ctl({"__complete", "trust", "reje"}).out == "rejected\tShow peers that were not let in, newest first\n");
  BOOST_TEST(ctl({"__complete", "csr", "w"}).out == "web\turn:gw:web\n");
}

BOOST_AUTO_TEST_CASE(names_that_the_agent_knows_are_offered) {
  BOOST_TEST(complete({"csr", ""}) == (Words{"opcua-server", "web"}), boost::test_tools::per_element());
  BOOST_TEST(complete({"--json", "application", "show", "o"}) == Words{"opcua-server"});
  BOOST_TEST(complete({"trust", "show", "opcua-server/a"}) == Words{"opcua-server/application"});
  BOOST_TEST(complete({"trust", "adopt", "/x", "w"}) == (Words{"web", "web/https"}), boost::test_tools::per_element());
  BOOST_TEST(complete({"key", "certify", "--nonce", "00", "web/"}) == Words{"web/https/https"});
  BOOST_TEST(complete({"job", "show", ""}) == Words{"1"});
  BOOST_TEST(complete({"application", "create", ""}) == Words{});
}

BOOST_AUTO_TEST_CASE(profiles_and_adopted_directories_are_offered) {
  change([](auto& ports) {
    for (const char* name : {"plant", "depot"}) ports.enrolment.known_profiles.emplace_back().name = name;
    ports.directories.directories.emplace_back().path = "/opt/server/pki";
  });
  BOOST_TEST(complete({"enroll", "pl"}) == Words{"plant"});
  BOOST_TEST(complete({"trust", "release", "/"}) == Words{"/opt/server/pki"});
}

BOOST_AUTO_TEST_CASE(services_of_systemd_are_offered) {
  const FakeSystemd systemd({{"nginx.service", {}}, {"plc.service", {}}});
  BOOST_TEST(complete({"attach", ""}) == (Words{"nginx.service", "plc.service"}), boost::test_tools::per_element());
  BOOST_TEST(complete({"application", "create", "x", "--access", "unit=n"}) == Words{"unit=nginx.service"});
}

BOOST_AUTO_TEST_CASE(values_are_offered_behind_a_blank_and_behind_an_equals_sign) {
  BOOST_TEST(complete({"key", "import", "web", "x", "--protection", ""}) == (Words{"tpm", "sealed"}),
             boost::test_tools::per_element());
  BOOST_TEST(complete({"key", "import", "web", "x", "--protection=s"}) == Words{"--protection=sealed"});
  BOOST_TEST(complete({"trust", "options", "web", "--suppress", "h"}) == Words{"host-name-invalid"});
  BOOST_TEST(complete({"application", "create", "x", "--account", "daemo"}) == Words{"daemon"});
  BOOST_TEST(complete({"attach", "x.service", "web", "--signal", "U"}) == (Words{"USR1", "USR2"}),
             boost::test_tools::per_element());
  BOOST_TEST(complete({"csr", "web", "--subject", ""}) == Words{});
}

BOOST_AUTO_TEST_CASE(the_shell_is_told_where_it_knows_better) {
  BOOST_TEST(complete({"certificate", "install", "web", ""}) == Words{":files"});
  BOOST_TEST(complete({"certificate", "install", "web", "x", "--chain", ""}) == Words{":files"});
  BOOST_TEST(complete({"openssl-conf", "--module", ""}) == Words{":files"});
  BOOST_TEST(complete({"key", "certify", "web", "--out-dir="}) == Words{":directories"});
  BOOST_TEST(complete({"inhibit", "--why", "x", ""}) == Words{":command 3"});
  BOOST_TEST(complete({"inhibit", "--why", "x", "ls", "--js"}) == Words{":command 3"});
}

BOOST_AUTO_TEST_CASE(after_two_dashes_there_are_no_options) {
  BOOST_TEST(complete({"trust", "show", "--", "--"}) == Words{});
  BOOST_TEST(complete({"trust", "show", "--", "web/"}) == Words{"web/https"});
}

BOOST_AUTO_TEST_CASE(nothing_is_started_for_a_completion) {
  service.end_service();
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(complete({"csr", ""}) == Words{});
  BOOST_TEST(complete({"trust", "re"}) == (Words{"remove", "read", "rejected", "release"}),
             boost::test_tools::per_element());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(60)));
}

BOOST_AUTO_TEST_CASE(strange_lines_offer_nothing_and_break_nothing) {
  BOOST_TEST(complete({}) == Words{});
  BOOST_TEST(complete({"no-such-command", "--x"}) == Words{});
  BOOST_TEST(complete({"csr", "--no-such-option", "--n"}) == Words{"--new-key"});
  BOOST_TEST(complete({"csr", "--dns=", "--dns"}) == Words{"--dns"});
  BOOST_TEST(complete({"csr", "--new-key=x", "--new-key="}) == Words{});
  BOOST_TEST(complete({"\n", "\xff\xfe", "-"}).size() > 1u);
}

BOOST_AUTO_TEST_CASE(every_shell_completes_commands_options_values_names_and_files) {
  BOOST_TEST(file("new.pem", "") != "");
  std::filesystem::create_directory(bus.directory() / "evidence");
  every_shell_offers("edgesealctl trust rel", {"release"});
  every_shell_offers("edgesealctl application ", {"access", "create", "delete", "list", "show"});
  every_shell_offers("edgesealctl csr web --new", {"--new-key"});
  every_shell_offers("edgesealctl key import web x --protection ", {"sealed", "tpm"});
  every_shell_offers("edgesealctl trust adopt /x web --layout=m", {"milo"});
  every_shell_offers("edgesealctl csr ", {"opcua-server", "web"});
  every_shell_offers("edgesealctl application create x --access user=daemo", {"daemon"});
  every_shell_offers("edgesealctl certificate install web ne", {"new.pem"});
  every_shell_offers("edgesealctl csr web --out=ne", {"new.pem"});
  every_shell_offers("edgesealctl key certify web --out-dir ev", {"evidence"});
  every_shell_offers("edgesealctl inhibit --why x mkdi", {"mkdir"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
