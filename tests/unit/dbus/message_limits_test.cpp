#include "dbus/message_limits.h"

#include <systemd/sd-bus.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

namespace edgeseal::dbus {
namespace {

// A message of a bus that leads nowhere.
struct Fixture {
  Fixture() {
    BOOST_REQUIRE(sd_bus_new(&bus) >= 0);
    BOOST_REQUIRE(sd_bus_set_address(bus, "unix:path=/nonexistent") >= 0);
    sd_bus_start(bus);  // fails to connect, but then makes messages
    BOOST_REQUIRE(sd_bus_message_new(bus, &message, SD_BUS_MESSAGE_METHOD_CALL) >= 0);
  }
  ~Fixture() {
    sd_bus_message_unref(message);
    sd_bus_unref(bus);
  }

  bool judge(MessageLimits limits) {
    sd_bus_message_seal(message, 1, 0);
    return bytes_within(message, limits).has_value();
  }

  sd_bus* bus = nullptr;
  sd_bus_message* message = nullptr;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(message_limits, Fixture)

BOOST_AUTO_TEST_CASE(an_empty_message_is_within) {
  BOOST_TEST(judge({0, 0}));
}

BOOST_AUTO_TEST_CASE(bytes_of_an_array_count) {
  const std::vector<uint8_t> data(100);
  sd_bus_message_append_array(message, 'y', data.data(), data.size());
  BOOST_TEST(judge({100, 10}));
  BOOST_TEST(!judge({99, 10}));
}

BOOST_AUTO_TEST_CASE(numbers_count_with_their_size) {
  const std::vector<uint64_t> data(100);
  sd_bus_message_append_array(message, 't', data.data(), data.size() * sizeof(uint64_t));
  BOOST_TEST(judge({800, 10}));
  BOOST_TEST(!judge({799, 10}));
}

BOOST_AUTO_TEST_CASE(strings_and_elements_count_together) {
  sd_bus_message_append(message, "sas", "12345", 3, "1", "2", "3");
  BOOST_TEST(judge({8, 5}));  // two arguments, three entries
  BOOST_TEST(!judge({7, 5}));
  BOOST_TEST(!judge({8, 4}));
}

BOOST_AUTO_TEST_CASE(what_is_deep_inside_counts) {
  const std::vector<uint8_t> data(100);
  sd_bus_message_open_container(message, 'a', "{sv}");
  sd_bus_message_open_container(message, 'e', "sv");
  sd_bus_message_append(message, "s", "key");
  sd_bus_message_open_container(message, 'v', "(bay)");
  sd_bus_message_open_container(message, 'r', "bay");
  sd_bus_message_append(message, "b", 1);
  sd_bus_message_append_array(message, 'y', data.data(), data.size());
  for (int i = 0; i < 4; ++i) sd_bus_message_close_container(message);
  BOOST_TEST(judge({103, 10}));
  BOOST_TEST(!judge({102, 10}));
}

BOOST_AUTO_TEST_CASE(the_message_can_be_read_from_its_begin_afterwards) {
  sd_bus_message_append(message, "sb", "first", 1);
  BOOST_TEST(judge({}));
  const char* first = nullptr;
  BOOST_TEST(sd_bus_message_read(message, "s", &first) > 0);
  BOOST_TEST(std::string(first) == "first");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::dbus
