#include "audit/lasting_log_directory.h"

#include <boost/test/unit_test.hpp>

#include "audit/error.h"
#include "audit/segment.h"
#include "tests/fakes/fake_log_directory.h"

using namespace edgeseal::audit;

namespace {

struct Fixture {
  const std::string name = segment_name(1);
  fake::FakeLogDirectory* device = new fake::FakeLogDirectory;
  LastingLogDirectory directory{std::unique_ptr<LogDirectory>(device)};

  void fail_to_sync() {
    device->sync_fails = true;
    BOOST_CHECK_THROW(directory.sync(name), Error);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lasting_log_directory, Fixture)

BOOST_AUTO_TEST_CASE(what_a_failed_sync_did_not_write_is_on_the_disk_after_the_next) {
  directory.append(name, "one\n");
  directory.sync(name);
  directory.append(name, "two\n");
  fail_to_sync();
  fail_to_sync();
  directory.append(name, "three\n");
  directory.sync(name);
  BOOST_TEST(device->disk.at(name) == "one\ntwo\nthree\n");
  BOOST_TEST(device->files.at(name) == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(what_was_there_before_and_what_was_cut_off_is_not_written_again) {
  device->files[name] = "before\n";
  directory.append(name, "one\n");
  directory.append(name, "torn");
  directory.truncate(name, 11);
  fail_to_sync();
  directory.sync(name);
  BOOST_TEST(device->files.at(name) == "before\none\n");
  BOOST_TEST(device->disk.at(name).substr(7) == "one\n");
  directory.remove(name);
  directory.append(name, "new\n");
  fail_to_sync();
  directory.sync(name);
  BOOST_TEST(device->disk.at(name).substr(0, 4) == "new\n");
}

BOOST_AUTO_TEST_CASE(each_file_is_looked_after) {
  const std::string second = segment_name(2);
  directory.append(name, "one\n");
  directory.append(second, "two\n");
  fail_to_sync();
  directory.sync(second);
  directory.sync(name);
  BOOST_TEST(device->disk.at(name) == "one\n");
  BOOST_TEST(device->disk.at(second) == "two\n");
}

BOOST_AUTO_TEST_SUITE_END()
