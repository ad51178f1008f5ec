#include "policy/private_files.h"

#include <acl/libacl.h>
#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "policy/error.h"
#include "tests/unit/policy/tree.h"

using edgeseal::policy::Error;
using edgeseal::policy::hold_private;

namespace {

struct Fixture {
  Tree tree;
  const std::string directory = tree.directory("state", 0700);

  [[nodiscard]] std::vector<edgeseal::policy::Finding> hold() const {
    return hold_private(directory, {"state.db", "lock"}, ::geteuid());
  }
  [[nodiscard]] std::string refusal() const {
    try {
      (void)hold();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  [[nodiscard]] mode_t mode_of(const std::string& name) const {
    struct stat status {};
    BOOST_REQUIRE(::stat(tree.path(name).c_str(), &status) == 0);
    return status.st_mode & 07777;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(private_files, Fixture)

BOOST_AUTO_TEST_CASE(D1_what_is_private_stays_as_it_is) {
  tree.file("state/state.db", "x", 0600);
  BOOST_TEST(hold().empty());
}

BOOST_AUTO_TEST_CASE(D2_wider_modes_are_mended_and_told) {
  tree.file("state/state.db", "x", 0644);
  tree.mode("state", 0755);
  const auto mended = hold();
  BOOST_REQUIRE(mended.size() == 2u);
  BOOST_TEST(mended[0].found == "mode 0755");
  BOOST_TEST(mended[1].found == "mode 0644");
  BOOST_TEST(mode_of("state") == 0700u);
  BOOST_TEST(mode_of("state/state.db") == 0600u);
  BOOST_TEST(hold().empty());
}

// As after a restore, or with an image in which the account has another number.
BOOST_AUTO_TEST_CASE(a_directory_of_another_account_is_not_given_to_root) {
  constexpr uid_t stranger = 4711;
  BOOST_CHECK_EXCEPTION((void)hold_private(directory, {}, stranger), Error, [&](const Error& error) {
    return std::string(error.what()).ends_with(" and not to uid 4711; remedy: chown -R 4711 " + directory);
  });
}

BOOST_AUTO_TEST_CASE(D2_a_reader_in_an_acl_is_taken_away) {
  const std::string file = tree.file("state/state.db", "x", 0600);
  const std::unique_ptr<std::remove_pointer_t<acl_t>, int (*)(void*)> acl(
      ::acl_from_text("u::rw-,g::---,o::---,m::r--,u:4711:r--"), ::acl_free);
  BOOST_REQUIRE(::acl_set_file(file.c_str(), ACL_TYPE_ACCESS, acl.get()) == 0);
  BOOST_TEST(hold().size() == 1u);
  BOOST_TEST(::acl_extended_file(file.c_str()) == 0);
  BOOST_TEST(mode_of("state/state.db") == 0600u);
}

BOOST_AUTO_TEST_CASE(D2_a_directory_that_others_may_write_is_refused) {
  tree.mode("state", 0770);
  BOOST_TEST(refusal().find("lets its group write") != std::string::npos);
  BOOST_TEST(mode_of("state") == 0770u);
}

BOOST_AUTO_TEST_CASE(D2_a_symbolic_link_is_refused_and_what_it_points_to_is_left_alone) {
  const std::string elsewhere = tree.file("elsewhere", "x", 0644);
  const std::string link = tree.link("state/state.db", elsewhere);
  BOOST_TEST(refusal() == link + ": is a symbolic link; remedy: rm " + link);
  BOOST_TEST(mode_of("elsewhere") == 0644u);
}

BOOST_AUTO_TEST_CASE(D2_a_file_with_another_name_elsewhere_is_refused) {
  const std::string file = tree.file("state/state.db", "x", 0644);
  BOOST_REQUIRE(::link(file.c_str(), tree.path("other").c_str()) == 0);
  BOOST_TEST(refusal().find("has 2 hard links; remedy: find / -xdev -samefile") != std::string::npos);
  BOOST_TEST(mode_of("other") == 0644u);
}

BOOST_AUTO_TEST_CASE(D2_a_file_of_another_account_is_refused) {
  if (::geteuid() != 0) return;  // nobody else can give a file away
  const std::string file = tree.file("state/lock", "", 0600);
  BOOST_REQUIRE(::chown(file.c_str(), 4711, 0) == 0);
  BOOST_TEST(refusal() == file + ": belongs to uid 4711, wanted: belongs to root; remedy: chown 0 " + file);
}

BOOST_AUTO_TEST_CASE(D2_what_is_no_file_is_refused) {
  BOOST_REQUIRE(::mkfifo(tree.path("state/lock").c_str(), 0600) == 0);
  BOOST_TEST(refusal().find("is a FIFO") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
