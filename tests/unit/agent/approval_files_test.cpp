#include "agent/configuration/approval_files.h"

#include <sys/stat.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/configuration/configuration_check.h"
#include "tests/fakes/fake_journal.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/pcr_authority.h"

using namespace edgeseal;
namespace fs = std::filesystem;
using agent::PcrValues;
using test::pcr_value;

namespace {

const PcrValues values{{7, pcr_value(1)}, {11, pcr_value(0xAB)}};

struct Fixture {
  test::TemporaryDirectory directory;
  const test::PcrAuthority authority{};
  agent::ConfigurationProblems problems{};

  Fixture() {
    ::umask(0022);
    write("edgeseal.toml", "[tpm]\npcr-authority = \"" + write("authority.pem", authority.pem()) + "\"\n");
  }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(directory.file(name)).parent_path());
    std::ofstream(directory.file(name)) << text;
    return directory.file(name);
  }
  void write_approval(const std::string& name, const std::string& text) const {
    write("pcr-approvals.d/" + name + ".toml", text);
  }
  // As `config check` and `config apply` do.
  std::vector<agent::DeclaredApproval> read() {
    return agent::read_whole_configuration({directory.file("edgeseal.toml")}, agent::any_machine(), problems)
        .declared.approvals;
  }
  // As "file:line: text" without the directory.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> texts;
    for (const agent::ConfigurationProblem& problem : problems.all()) {
      const std::string text = problem.told(), prefix = directory.file("pcr-approvals.d/");
      texts.push_back(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
    }
    return texts;
  }
  void expect_refused(const std::string& text, const std::string& wanted) {
    write_approval("kernel", text);
    BOOST_TEST(read().empty());
    const std::vector<std::string> found = told();
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found.front() == wanted);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(approval_files, Fixture)

BOOST_AUTO_TEST_CASE(approvals_are_read_in_the_order_of_their_files) {
  write_approval("second", authority.file({{7, pcr_value(2)}}));
  write_approval("first", authority.file(values));
  write_approval(".editor", "");
  const auto approvals = read();
  BOOST_TEST(told().empty());
  BOOST_REQUIRE(approvals.size() == 2u);
  BOOST_TEST(approvals[0].name == "first");
  BOOST_TEST((approvals[0].values == values));
  BOOST_TEST(approvals[1].name == "second");
  BOOST_CHECK_NO_THROW(
      (void)agent::PcrPolicies::approval(authority.public_key(), approvals[0].values, approvals[0].signature));
}

struct Mistake {
  const char *name, *from, *to, *told;
};
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.name;
}
constexpr const char* no_value =
    "kernel.toml:3: the value of PCR 7 is SHA-256, 64 hexadecimal digits: edgesealctl pcr show --pcr 7";
constexpr const char* no_signature =
    "kernel.toml:1: signature must be base64 in one line, as base64 --wrap=0 policy.sig gives it";

BOOST_DATA_TEST_CASE(
    a_mistake_is_told_with_its_line_and_approves_nothing,
    boost::unit_test::data::make(std::vector<Mistake>{
        {"unknown key", "signature", "signatur",
         "kernel.toml:1: unknown key \"signatur\"; did you mean \"signature\"? known here: signature, values"},
        {"short value", "7 = \"01", "7 = \"", no_value},
        {"long value", "7 = \"", "7 = \"00", no_value},
        {"no digits", "7 = \"01", "7 = \"0x", no_value},
        {"no table", "[values]\n7", "values", "kernel.toml:2: values must be a table: [values]"},
        {"no TOML", "[values]", "[values", "kernel.toml:2: "},
        {"no base64", "signature = \"M", "signature = \"*", no_signature},
        {"another signature", "7 = \"01", "7 = \"02",
         "kernel.toml:1: the signature is not one of the configured authority over the policy of these PCR values"}}),
    mistake) {
  std::string text = authority.file({{7, pcr_value(1)}});
  const auto at = text.find(mistake.from);
  BOOST_REQUIRE(at != std::string::npos);
  write_approval("kernel", text.replace(at, std::string(mistake.from).size(), mistake.to));
  write_approval("other", authority.file(values));
  const auto approvals = read();
  BOOST_REQUIRE(approvals.size() == 1u);
  BOOST_TEST(approvals.front().name == "other");
  const std::vector<std::string> found = told();
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found.front().starts_with(mistake.told), found.front());
}

BOOST_AUTO_TEST_CASE(there_is_no_pcr_24) {
  write_approval("kernel", authority.file(values) + "24 = \"00\"\n");
  BOOST_TEST(read().empty());
  BOOST_REQUIRE(problems.all().size() == 1u);
  BOOST_TEST(told().front().starts_with("kernel.toml:5: unknown key \"24\"; "));
}

BOOST_AUTO_TEST_CASE(an_approval_of_nothing_and_one_without_a_signature_are_none) {
  expect_refused(authority.file(values).substr(0, authority.file(values).find('\n')) + "\n[values]\n",
                 "kernel.toml:2: no PCR is named");
  problems = {};
  const std::string text = authority.file(values);
  expect_refused(text.substr(text.find('\n') + 1), no_signature);
}

BOOST_AUTO_TEST_CASE(without_an_authority_nothing_is_approved) {
  write("edgeseal.toml", "");
  expect_refused(authority.file(values),
                 "kernel.toml:1: no authority for PCR policies is configured: name its public key as pcr-authority in "
                 "edgeseal.toml");
}

BOOST_AUTO_TEST_CASE(of_an_authority_that_cannot_be_used_its_own_mistake_is_told_alone) {
  write("authority.pem", "");
  write_approval("kernel", authority.file(values));
  (void)read();
  BOOST_REQUIRE(problems.all().size() == 1u);
  BOOST_TEST(problems.all().front().file == directory.file("edgeseal.toml"));
}

BOOST_AUTO_TEST_CASE(where_there_are_too_many_files_none_counts) {
  for (std::size_t i = 0; i < agent::max_declared_approvals; ++i)
    write_approval(std::to_string(i), authority.file(values));
  BOOST_TEST(read().size() == agent::max_declared_approvals);
  write_approval("another", authority.file(values));
  BOOST_TEST(read().empty());
  BOOST_TEST(told() == std::vector<std::string>{directory.file("pcr-approvals.d") +
                                                ": more than 8 files; remove those of systems that are not to boot "
                                                "any more"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_others_may_write_approves_nothing) {
  write_approval("kernel", authority.file(values));
  write_approval("open", authority.file(values));
  fs::permissions(directory.file("pcr-approvals.d/open.toml"), fs::perms(0666));
  BOOST_TEST(read().size() == 1u);
  BOOST_TEST(told().at(0).find("0666") != std::string::npos);
  fs::permissions(directory.file("pcr-approvals.d"), fs::perms(0777));
  BOOST_TEST(read().empty());
}

BOOST_AUTO_TEST_CASE(one_file_is_checked_without_its_authority) {
  write_approval("kernel", test::PcrAuthority().file(values));
  const std::string path = directory.file("pcr-approvals.d/kernel.toml");
  agent::check_file(path, agent::any_machine(), problems);
  BOOST_TEST(told().empty());
  write_approval("kernel", "values = 1\n");
  agent::check_file(path, agent::any_machine(), problems);
  BOOST_TEST(problems.has_errors());
}

BOOST_AUTO_TEST_CASE(the_agent_starts_with_a_mistake_and_without_that_approval) {
  write_approval("bad", "unknown = 1\n");
  write_approval("good", authority.file(values));
  (void)test::take_journal();
  const auto approvals = agent::load_configuration(directory.file("edgeseal.toml")).declared.approvals;
  BOOST_REQUIRE(approvals.size() == 1u);
  BOOST_TEST(approvals.front().name == "good");
  const auto journal = test::take_journal();
  BOOST_REQUIRE(journal.size() == 1u);
  BOOST_TEST(journal.front().at("EDGESEAL_ORIGIN") == directory.file("pcr-approvals.d/bad.toml"));
  BOOST_TEST(journal.front().at("MESSAGE").find("bad.toml:1: unknown key \"unknown\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
