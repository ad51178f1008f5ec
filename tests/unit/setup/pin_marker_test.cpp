#include "agent/setup/pin_marker.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;

BOOST_AUTO_TEST_SUITE(pin_marker)

BOOST_AUTO_TEST_CASE(it_is_for_the_agent_alone_and_goes_when_no_pin_is_wanted) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("pin-wanted");
  const agent::PinMarker marker(directory.path());
  const mode_t before = ::umask(0);
  marker.show("c0ffee");
  ::umask(before);
  struct stat status {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  marker.clear();
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()
