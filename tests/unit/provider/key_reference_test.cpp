#include "provider/wire/key_reference.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/provider/records.h"

namespace edgeseal::wire {
namespace {

// The frame of a SubjectPublicKeyInfo whose BIT STRING has `size` bytes of content.
Bytes public_key_of(std::size_t size) {
  const auto put = [](Bytes& out, unsigned char tag, const Bytes& content) {
    out.push_back(std::byte{tag});
    if (content.size() >= 0x100) {
      out.push_back(std::byte{0x82});
      out.push_back(static_cast<std::byte>(content.size() >> 8));
    } else if (content.size() >= 0x80) {
      out.push_back(std::byte{0x81});
    }
    out.push_back(static_cast<std::byte>(content.size()));
    out.insert(out.end(), content.begin(), content.end());
  };
  Bytes inner;
  put(inner, 0x30, bytes_of("algorithm"));
  put(inner, 0x03, Bytes(size, std::byte{0x5a}));
  Bytes outer;
  put(outer, 0x30, inner);
  return outer;
}

Bytes encoded_reference(std::string_view name, const Bytes& public_key) {
  Bytes der(max_key_reference_size);
  der.resize(encode(KeyReference{.key_name = name, .public_key = public_key}, der));
  return der;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_reference)

BOOST_AUTO_TEST_CASE(it_comes_back_at_every_length_form) {
  for (const std::size_t size : {1U, 60U, 80U, 110U, 127U, 128U, 240U, 255U, 256U, 550U, 1500U}) {
    const Bytes public_key = public_key_of(size);
    const Bytes der = encoded_reference("web/https/https", public_key);
    KeyReference reference;
    BOOST_REQUIRE(decode(der, reference));
    BOOST_TEST(reference.key_name == "web/https/https");
    BOOST_TEST((exactly(reference.public_key) == public_key));
  }
}

BOOST_AUTO_TEST_CASE(no_shorter_and_no_longer_input_is_one) {
  const Bytes der = encoded_reference("web", public_key_of(300));
  KeyReference reference;
  for (std::size_t size = 0; size < der.size(); ++size)
    BOOST_TEST(!decode(exactly(ByteView(der).first(size)), reference));
  Bytes longer = der;
  longer.push_back(std::byte{0});
  BOOST_TEST(!decode(longer, reference));
}

BOOST_AUTO_TEST_CASE(no_neighbour_reads_out_of_bounds) {
  for (const std::size_t size : {60U, 130U, 300U}) {
    const Bytes der = encoded_reference("web", public_key_of(size));
    std::size_t accepted = 0;
    for_each_neighbour(der, [&](const Bytes& neighbour) {
      KeyReference reference;
      if (!decode(neighbour, reference)) return;
      ++accepted;
      for (const std::byte byte : reference.public_key) accepted += byte == std::byte{0} ? 1 : 0;
      BOOST_REQUIRE(!reference.key_name.empty());
    });
    BOOST_TEST(accepted > 0U);
  }
}

BOOST_AUTO_TEST_CASE(only_the_shortest_length_form_is_der) {
  Bytes der = encoded_reference("web", public_key_of(30));
  BOOST_REQUIRE(std::to_integer<unsigned>(der[1]) < 0x80U);
  der.insert(der.begin() + 1, std::byte{0x81});
  KeyReference reference;
  BOOST_TEST(!decode(der, reference));
}

BOOST_AUTO_TEST_CASE(another_format_or_version_is_refused) {
  const Bytes der = encoded_reference("web", public_key_of(30));
  KeyReference reference;
  Bytes other_format = der;
  other_format[5] ^= std::byte{1};
  BOOST_TEST(!decode(other_format, reference));
  Bytes other_version = der;
  other_version[2 + 2 + key_reference_oid.size() + 2] = std::byte{2};
  BOOST_TEST(!decode(other_version, reference));
}

BOOST_AUTO_TEST_CASE(broken_bounds_are_not_encoded) {
  BOOST_TEST(encoded_reference("", public_key_of(30)).empty());
  BOOST_TEST(encoded_reference(std::string(max_key_name_size + 1, 'a'), public_key_of(30)).empty());
  BOOST_TEST(encoded_reference("line\nbreak", public_key_of(30)).empty());
  BOOST_TEST(encoded_reference("web", public_key_of(max_key_reference_size)).empty());
  BOOST_TEST(encoded_reference("web", bytes_of("not a public key")).empty());
  BOOST_TEST(encoded_reference("web", {}).empty());
  Bytes small(10);
  const Bytes public_key = public_key_of(30);
  BOOST_TEST(encode(KeyReference{.key_name = "web", .public_key = public_key}, small) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::wire
