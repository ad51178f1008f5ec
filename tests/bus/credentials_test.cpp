#include "dbus/credentials.h"

#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/private_bus.h"

namespace edgeseal::test {

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(a_question_that_could_not_be_asked_is_asked_again_at_the_next_call) {
  PrivateBus bus;
  const auto connection = connect_as(getuid());
  dbus::CredentialCache cache(*connection);
  bus.stop();
  for (int call = 0; call < 2; ++call)
    BOOST_CHECK_THROW(cache.ask(":1.99", [](const auto&) { BOOST_ERROR("nobody can have answered"); }), sdbus::Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
