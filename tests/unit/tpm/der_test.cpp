#include "tpm/der.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <limits>

namespace edgeseal::tpm::der {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

std::optional<std::uint32_t> read_uint32(const Bytes& input) {
  return Reader(input).read_uint32();
}

BOOST_AUTO_TEST_SUITE(der_integers)

BOOST_AUTO_TEST_CASE(have_one_form_which_is_the_shortest) {
  BOOST_TEST((integer_element(0) == bytes({2, 1, 0})));
  BOOST_TEST((integer_element(0x7f) == bytes({2, 1, 0x7f})));
  BOOST_TEST((integer_element(0x80) == bytes({2, 2, 0, 0x80})));
  BOOST_TEST((integer_element(0x40000001) == bytes({2, 4, 0x40, 0, 0, 1})));
  BOOST_TEST((integer_element(0x81000001) == bytes({2, 5, 0, 0x81, 0, 0, 1})));
}

BOOST_AUTO_TEST_CASE(come_back_as_they_were) {
  for (const std::uint32_t value :
       {0U, 1U, 0x7fU, 0x80U, 0xffU, 0x100U, 0x7fffffffU, 0x80000000U, std::numeric_limits<std::uint32_t>::max()}) {
    BOOST_TEST((read_uint32(integer_element(value)) == value));
  }
}

BOOST_AUTO_TEST_CASE(in_another_form_are_refused) {
  BOOST_TEST(!read_uint32(bytes({2, 0})).has_value());                       // no content
  BOOST_TEST(!read_uint32(bytes({2, 1, 0x80})).has_value());                 // negative
  BOOST_TEST(!read_uint32(bytes({2, 2, 0, 0x7f})).has_value());              // padded
  BOOST_TEST(!read_uint32(bytes({2, 5, 1, 0, 0, 0, 0})).has_value());        // 2^32
  BOOST_TEST(!read_uint32(bytes({2, 6, 0, 0x81, 0, 0, 0, 0})).has_value());  // longer
  BOOST_TEST(!read_uint32(bytes({4, 1, 1})).has_value());                    // another tag
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(der_lengths)

BOOST_DATA_TEST_CASE(come_back_as_they_were, boost::unit_test::data::make({0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff})) {
  const Bytes content(static_cast<std::size_t>(sample), std::byte{0x5a});
  const Bytes encoded = element(Tag::octet_string, content);
  Reader reader(encoded);
  const auto read = reader.read(Tag::octet_string);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((Bytes(read->begin(), read->end()) == content));
  BOOST_TEST(reader.at_end());
}

BOOST_AUTO_TEST_CASE(that_are_indefinite_or_not_the_shortest_are_refused) {
  for (const Bytes& input : {bytes({4, 0x80, 0, 0}), bytes({4, 0x81, 1, 0}), bytes({4, 0x82, 0, 1, 0}),
                             bytes({4, 0x83, 0, 0, 1, 0}), bytes({4, 0xff, 0})}) {
    BOOST_TEST(!Reader(input).read(Tag::octet_string).has_value());
  }
}

BOOST_AUTO_TEST_CASE(that_reach_beyond_the_input_are_refused) {
  for (const Bytes& input : {bytes({4}), bytes({4, 1}), bytes({4, 0x81}), bytes({4, 0x82, 1}), bytes({4, 2, 0})}) {
    BOOST_TEST(!Reader(input).read(Tag::octet_string).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(der_booleans_are_one_byte) {
  BOOST_TEST((Reader(boolean_element(true)).read_boolean() == true));
  BOOST_TEST((Reader(boolean_element(false)).read_boolean() == false));
  BOOST_TEST((Reader(bytes({1, 1, 1})).read_boolean() == true));  // as tpm2-openssl writes it
  BOOST_TEST(!Reader(bytes({1, 0})).read_boolean().has_value());
  BOOST_TEST(!Reader(bytes({1, 2, 0, 0})).read_boolean().has_value());
}

}  // namespace
}  // namespace edgeseal::tpm::der
