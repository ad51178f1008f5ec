#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "audit/error.h"
#include "audit/log_directory.h"
#include "audit/segment.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal::audit;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  edgeseal::test::TemporaryDirectory root;
  DiskLogDirectory directory{root.path() / "audit"};
  const std::string name = segment_name(1);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(log_directory, Fixture)

BOOST_AUTO_TEST_CASE(what_is_appended_can_be_read_cut_and_removed) {
  directory.append(name, "one\n");
  directory.append(name, "two\n");
  directory.sync(name);
  BOOST_TEST(directory.read(name, 100) == "one\ntwo\n");
  BOOST_TEST(directory.read(name, 5) == "one\nt");
  directory.truncate(name, 4);
  directory.append(name, "three\n");
  BOOST_TEST(directory.read(name, 100) == "one\nthree\n");
  directory.remove(name);
  directory.remove(name);
  BOOST_TEST(directory.list().empty());
  directory.append(name, "again\n");
  BOOST_TEST(directory.read(name, 100) == "again\n");
}

BOOST_AUTO_TEST_CASE(nobody_but_the_owner_reads_them) {
  directory.append(name, "x\n");
  struct stat facts {};
  BOOST_REQUIRE(::stat((root.path() / "audit" / name).c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 07777) == 0600u);
  BOOST_REQUIRE(::stat((root.path() / "audit").c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 07777) == 0700u);
}

BOOST_AUTO_TEST_CASE(only_segments_are_listed_in_their_order) {
  for (const std::uint64_t first : {300u, 20u, 1u}) directory.append(segment_name(first), "x\n");
  directory.append("notes.txt", "x\n");
  BOOST_TEST((directory.list() == std::vector<std::string>{segment_name(1), segment_name(20), segment_name(300)}));
}

BOOST_AUTO_TEST_CASE(links_and_other_kinds_of_files_are_refused) {
  fs::create_symlink("/etc/passwd", root.path() / "audit" / name);
  BOOST_CHECK_THROW(directory.append(name, "x\n"), Error);
  BOOST_CHECK_THROW((void)directory.read(name, 100), Error);
  BOOST_REQUIRE(::mkfifo((root.path() / "audit" / segment_name(2)).c_str(), 0600) == 0);
  BOOST_CHECK_THROW((void)directory.read(segment_name(2), 100), Error);
  fs::create_symlink(root.path() / "audit", root.path() / "link");
  BOOST_CHECK_THROW(DiskLogDirectory(root.path() / "link"), Error);
}

BOOST_AUTO_TEST_CASE(a_problem_names_the_file) {
  try {
    (void)directory.read(segment_name(5), 100);
    BOOST_TEST(false);
  } catch (const Error& error) {
    BOOST_TEST(std::string(error.what()).find(segment_name(5)) != std::string::npos);
    BOOST_TEST(std::string(error.what()).find("No such file") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_writes_again_in_place) {
  BOOST_TEST(directory.size(name) == 0u);
  directory.append(name, "one\ntwo\n");
  directory.rewrite(name, 4, "TWO\n");
  directory.append(name, "three\n");
  BOOST_TEST(directory.read(name, 100) == "one\nTWO\nthree\n");
  BOOST_TEST(directory.size(name) == 14u);
}

BOOST_AUTO_TEST_SUITE_END()
