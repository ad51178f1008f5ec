#include "policy/directory_rules.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "policy/directory_entry.h"
#include "policy/file_facts.h"
#include "tests/unit/policy/tree.h"

using namespace edgeseal::policy;

namespace {

// In the place of SHA-256: the first bytes.
std::optional<Digest> first_bytes(int descriptor) {
  Digest digest{};
  return ::read(descriptor, digest.data(), digest.size()) < 0 ? std::nullopt : std::optional(digest);
}

Digest digest_of(const std::string& content) {
  Digest digest{};
  for (std::size_t i = 0; i < std::min(content.size(), digest.size()); ++i) digest[i] = std::byte(content[i]);
  return digest;
}

struct Fixture {
  Fixture() {
    const auto own = [](mode_t mode) { return EntryRule{{::geteuid()}, ::getegid(), acl_of_mode(mode)}; };
    rules.top = rules.directory = own(0755);
    rules.file = own(0644);
    tree.directory("certs");
    expect("certs/a", "one");
    expect("b", "two");
    rules.directories = {"certs"};
  }
  void expect(const std::string& path, const std::string& content) {
    tree.file(path, content);
    rules.files[path] = {content.size(), digest_of(content)};
  }
  [[nodiscard]] Judgement judge(const Mend& mend = {}, const JudgementLimits& limits = {}) const {
    const DirectoryEntry top = open_absolute(tree.path(""));
    return judge_directory(top.fd.get(), tree.path(""), rules, first_bytes, mend, limits);
  }
  // "fault path" of each, relative.
  [[nodiscard]] std::vector<std::string> found() const {
    std::vector<std::string> found;
    for (const Finding& finding : judge().findings)
      found.push_back(finding.path.substr(tree.path("").size()) + ": " + finding.found);
    return found;
  }

  Tree tree;
  DirectoryRules rules;
};

using Lines = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(directory_rules, Fixture)

BOOST_AUTO_TEST_CASE(what_is_as_it_must_be_has_no_finding) {
  BOOST_TEST(judge().good());
}

BOOST_AUTO_TEST_CASE(a_missing_directory_stands_for_what_was_in_it) {
  std::filesystem::remove_all(tree.path("certs"));
  BOOST_TEST(found() == Lines{"/certs: does not exist"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_in_the_place_of_a_directory_is_named_and_not_what_is_missing_in_it) {
  std::filesystem::remove_all(tree.path("certs"));
  tree.link("certs", "/etc");
  BOOST_TEST(found() == Lines{"/certs: a symbolic link"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_foreign_directory_is_named_once_and_not_entered) {
  tree.directory("x");
  tree.directory("x/y");
  BOOST_TEST(found() == Lines{"/x: a directory that does not belong here"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(places_are_left_to_rules_of_their_own_and_need_not_be_there) {
  rules.places = {"web", "mail"};
  tree.directory("web", 0777);
  tree.file("web/x", "x");
  BOOST_TEST(judge().good());
  tree.file("mail", "x");
  BOOST_TEST(found() == Lines{"/mail: a regular file"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(in_a_shared_directory_only_what_is_expected_is_judged) {
  rules.shared = {""};
  tree.file("README", "x", 0666);
  tree.link("link", "/etc");
  BOOST_TEST(judge().good());
  tree.file("certs/README", "x");
  BOOST_TEST(found().size() == 1u);
}

BOOST_AUTO_TEST_CASE(only_expected_files_are_read) {
  BOOST_REQUIRE(::mkfifo(tree.path("fifo").c_str(), 0644) == 0);
  std::filesystem::remove(tree.path("b"));
  BOOST_REQUIRE(::mkfifo(tree.path("b").c_str(), 0644) == 0);
  BOOST_TEST(found() == (Lines{"/b: a FIFO", "/fifo: a FIFO that does not belong here"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(findings_and_entries_are_bounded) {
  for (int i = 0; i < 50; ++i) tree.file("x" + std::to_string(i), "");
  const Judgement few = judge({}, {.findings = 5});
  BOOST_TEST(few.findings.size() == 5u);
  BOOST_TEST(few.more_findings == 45u);
  BOOST_TEST(!few.good());
  const Judgement none = judge({}, {.entries = 10});
  BOOST_REQUIRE(!none.findings.empty());
  BOOST_TEST((none.findings.front().fault == Fault::too_large));
}

BOOST_AUTO_TEST_CASE(modes_are_mended_on_the_way_so_that_all_below_is_judged) {
  tree.mode("certs", 0);
  tree.mode("b", 0666);
  const Judgement judgement = judge(mend_entry);
  BOOST_TEST(judgement.findings.empty());
  BOOST_TEST(judgement.mended.size() == 2u);
  BOOST_TEST(judge().good());
}

BOOST_AUTO_TEST_CASE(a_file_with_another_hard_link_is_not_mended_because_it_may_be_anybodys) {
  const std::string victim = tree.path("") + "-victim";
  std::ofstream(victim) << "two";
  BOOST_REQUIRE(::chmod(victim.c_str(), 0600) == 0);
  std::filesystem::remove(tree.path("b"));
  BOOST_REQUIRE(::link(victim.c_str(), tree.path("b").c_str()) == 0);
  const Judgement judgement = judge(mend_entry);
  BOOST_TEST(judgement.mended.empty());
  BOOST_TEST(judgement.findings.size() == 2u);  // the links, and the mode
  struct stat status {};
  BOOST_REQUIRE(::stat(victim.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  std::filesystem::remove(victim);
}

BOOST_AUTO_TEST_CASE(without_a_rule_for_access_nobody_but_the_owner_may_write) {
  rules.file.access.reset();
  tree.mode("b", 0600);
  BOOST_TEST(judge().good());
  tree.mode("b", 0660);
  BOOST_TEST(found() == Lines{"/b: mode 0660 lets its group write"}, boost::test_tools::per_element());
  BOOST_TEST(judge(mend_entry).good());
}

BOOST_AUTO_TEST_CASE(every_finding_says_what_was_wanted) {
  tree.mode("b", 0604);
  const auto findings = judge().findings;
  BOOST_REQUIRE(findings.size() == 1u);
  BOOST_TEST(findings[0].found == "mode 0604");
  BOOST_TEST(findings[0].wanted == "mode 0644");
  BOOST_TEST(findings[0].remedy == "chmod 0644 " + tree.path("b"));
}

BOOST_AUTO_TEST_CASE(what_is_no_directory_is_said) {
  const DirectoryEntry file = open_absolute(tree.path("b"));
  BOOST_TEST(!judge_directory(file.fd.get(), "b", rules, first_bytes, {}, {}).good());
}

BOOST_AUTO_TEST_CASE(names_are_written_so_that_terminals_and_buses_take_them) {
  BOOST_TEST(printable("Root CA [0A].der") == "Root CA [0A].der");
  BOOST_TEST(printable("Zürich") == "Zürich");
  BOOST_TEST(printable("a\n\x1b[2J") == "a\\x0a\\x1b[2J");
  BOOST_TEST(printable("\xff\xc3") == "\\xff\\xc3");
  BOOST_TEST(printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  BOOST_TEST(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  BOOST_TEST(printable("\xc2\x9b") == "\\xc2\\x9b");           // CSI
  BOOST_TEST(shell_word("a b") == "'a b'");
  BOOST_TEST(shell_word("it's") == "'it'\\''s'");
  BOOST_TEST(shell_word("a\n'") == "$'a\\x0a\\''");
}

BOOST_AUTO_TEST_SUITE_END()
