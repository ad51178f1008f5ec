// Secrets as a call carries them: memory files, bytes, text.

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "dbus/arguments.h"
#include "dbus/memory_file.h"
#include "dbus/sensitive.h"
#include "tests/bus/memory_file.h"

namespace edgeseal::dbus {
namespace {

using test::memory_file;

std::string text(const Secret& secret) {
  const auto bytes = secret.view();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_invalid(const CallError& error) {
  return error.name == "InvalidArgument";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_arguments)

BOOST_AUTO_TEST_CASE(a_memory_file_is_read_whole_within_its_bounds) {
  const auto file = memory_file("0123456789");
  BOOST_TEST(text(read_memory_file("key", file.get(), {1, 10})) == "0123456789");
  BOOST_CHECK_EXCEPTION((void)read_memory_file("key", file.get(), {1, 9}), CallError, is_invalid);
  BOOST_CHECK_EXCEPTION((void)read_memory_file("key", file.get(), {11, 20}), CallError, is_invalid);
}

BOOST_AUTO_TEST_CASE(what_claims_to_be_huge_is_refused_by_its_size) {
  const auto file = memory_file("");
  BOOST_REQUIRE(ftruncate(file.get(), off_t{1} << 40) == 0);
  BOOST_CHECK_EXCEPTION((void)read_memory_file("key", file.get(), {1, 65536}), CallError, is_invalid);
}

BOOST_AUTO_TEST_CASE(what_is_no_memory_file_is_refused_without_being_read) {
  for (const char* path : {"/proc/self/maps", "/dev/zero", "/"}) {
    const sdbus::UnixFd file(open(path, O_RDONLY | O_CLOEXEC), sdbus::adopt_fd);
    BOOST_REQUIRE(file.isValid());
    BOOST_CHECK_EXCEPTION((void)read_memory_file("key", file.get(), {0, 65536}), CallError, is_invalid);
  }
  BOOST_CHECK_EXCEPTION((void)read_memory_file("key", -1, {0, 65536}), CallError, is_invalid);
}

BOOST_AUTO_TEST_CASE(an_option_may_be_a_descriptor_bytes_or_for_a_passphrase_text) {
  Options options({{"h", sdbus::Variant(memory_file("file"))},
                   {"ay", sdbus::Variant(ByteArray{'b', 0, 's'})},
                   {"s", sdbus::Variant(std::string("text"))}});
  BOOST_TEST(text(*options.passphrase("h", {0, 8})) == "file");
  BOOST_TEST(text(*options.passphrase("ay", {0, 8})) == std::string("b\0s", 3));
  BOOST_TEST(text(*options.passphrase("s", {0, 8})) == "text");
  BOOST_TEST(!options.secret("none", {1, 8}));
  options.finish();
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_no_passphrase_is_no_text) {
  Options options({{"key", sdbus::Variant(std::string("text"))}});
  BOOST_CHECK_EXCEPTION((void)options.secret("key", {0, 8}), CallError, is_invalid);
}

BOOST_AUTO_TEST_CASE(the_limits_of_a_secret_hold_for_every_form) {
  for (const auto& given :
       {sdbus::Variant(memory_file("12345")), sdbus::Variant(ByteArray(5)), sdbus::Variant(std::string("12345"))}) {
    Options enough({{"x", given}});
    BOOST_TEST(enough.passphrase("x", {5, 5})->size() == 5u);
    Options too_long({{"x", given}});
    BOOST_CHECK_EXCEPTION((void)too_long.passphrase("x", {0, 4}), CallError, is_invalid);
  }
}

BOOST_AUTO_TEST_CASE(a_number_is_of_its_type_and_not_zero) {
  Options options({{"zero", sdbus::Variant(uint16_t{0})}, {"wide", sdbus::Variant(uint32_t{1})}});
  BOOST_TEST(options.number("none") == 0u);
  BOOST_CHECK_EXCEPTION((void)options.number("zero"), CallError, is_invalid);
  BOOST_CHECK_EXCEPTION((void)options.number("wide"), CallError, is_invalid);
}

BOOST_AUTO_TEST_CASE(a_choice_is_one_of_those_that_it_names) {
  Options options({{"key", sdbus::Variant(std::string("pending"))}, {"other", sdbus::Variant(std::string(""))}});
  BOOST_TEST(options.choice("key", {"active", "pending"}) == "pending");
  BOOST_TEST(options.choice("none", {"active"}) == "");
  BOOST_CHECK_EXCEPTION((void)options.choice("other", {"active", "pending"}), CallError, [](const CallError& error) {
    return std::string(error.what()) == "option \"other\" must be one of: active, pending";
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::dbus
