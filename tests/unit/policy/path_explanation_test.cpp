#include "policy/path_explanation.h"

#include <sys/acl.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "policy/error.h"
#include "tests/unit/policy/tree.h"

using namespace edgeseal::policy;

namespace {

struct Fixture {
  Tree tree;
  [[nodiscard]] PathExplanation explain(const std::string& name) const {
    return explain_path(tree.path(name), {::geteuid()});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(path_explanation, Fixture)

BOOST_AUTO_TEST_CASE(every_component_has_a_line) {
  tree.directory("pki", 0711);
  tree.file("pki/ca.pem", "x");
  const auto explanation = explain("pki/ca.pem");
  BOOST_REQUIRE(explanation.components.size() == 5u);  // "/", "/tmp", the tree, "pki", the file
  BOOST_TEST(explanation.components[0].path == "/");
  BOOST_TEST(explanation.components[0].facts.starts_with("drwx"));
  BOOST_TEST(explanation.components[1].facts.starts_with("drwxrwxrwt root:"));
  BOOST_TEST(explanation.components[3].facts.starts_with("drwx--x--x "));
  BOOST_TEST(explanation.components[4].path == tree.path("pki/ca.pem"));
  BOOST_TEST(explanation.findings().empty());
  BOOST_TEST(explanation.last.is_file());
}

BOOST_AUTO_TEST_CASE(each_fault_is_named_with_its_remedy) {
  tree.directory("a");
  tree.directory("a/b");
  tree.mode("a", 0777);
  tree.mode("a/b", 0775);
  const auto findings = explain("a/b").findings();
  BOOST_REQUIRE(findings.size() == 2u);
  BOOST_TEST(findings[0].path == tree.path("a"));
  BOOST_TEST(findings[0].remedy == "chmod go-w " + tree.path("a"));
  BOOST_TEST(findings[1].found == "mode 0775 lets its group write");
}

BOOST_AUTO_TEST_CASE(an_acl_is_shown) {
  const std::string path = tree.directory("a", 0700);
  const std::unique_ptr<std::remove_pointer_t<acl_t>, int (*)(void*)> acl(
      ::acl_from_text("u::rwx,g::r-x,o::---,m::r-x,u:33:r-x"), ::acl_free);
  BOOST_REQUIRE(::acl_set_file(path.c_str(), ACL_TYPE_ACCESS, acl.get()) == 0);
  BOOST_TEST(explain("a").components.back().facts.find("u::rwx,u:33:r-x,g::r-x,m::r-x,o::---") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_link_ends_the_way_and_says_where_it_leads) {
  tree.link("pki", "/etc\n");
  tree.directory("x");
  const auto explanation = explain("pki/ca.pem");
  BOOST_TEST(explanation.components.back().path == tree.path("pki"));
  BOOST_TEST(explanation.findings().front().found == "a symbolic link to /etc\\x0a");
  BOOST_TEST(!explanation.last.fd);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_ends_the_way) {
  const auto findings = explain("pki/ca.pem").findings();
  BOOST_REQUIRE(findings.size() == 1u);
  BOOST_TEST((findings[0].fault == Fault::missing));
  BOOST_TEST(findings[0].path == tree.path("pki"));
}

BOOST_AUTO_TEST_CASE(a_file_on_the_way_is_no_way) {
  tree.file("pki", "x");
  BOOST_TEST(explain("pki/ca.pem").findings().front().found == "a regular file");
}

BOOST_AUTO_TEST_CASE(a_sticky_directory_of_root_is_a_way_and_no_goal) {
  BOOST_TEST(explain("").findings().empty());
  BOOST_TEST(explain_path("/tmp", {::geteuid()}).findings().front().remedy == "chmod go-w /tmp");
}

BOOST_AUTO_TEST_CASE(accounts_of_the_program_may_have_the_way_to_its_own_directory) {
  if (::geteuid() != 0) return;
  tree.directory("home");
  BOOST_REQUIRE(::chown(tree.path("home").c_str(), 4711, 4711) == 0);
  BOOST_TEST(explain("home").findings().front().wanted == "belongs to root");
  BOOST_TEST(explain_path(tree.path("home"), {0, 4711}).findings().empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_absolute_path_is_refused) {
  BOOST_CHECK_THROW((void)explain_path("etc", {}), Error);
  BOOST_CHECK_THROW((void)explain_path("/etc/../root", {}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
