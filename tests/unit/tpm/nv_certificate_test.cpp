#include "tpm/nv_certificate.h"

#include <boost/test/unit_test.hpp>

#include "tpm/der.h"

namespace edgeseal::tpm {
namespace {

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

struct CertificateFixture {
  Bytes signature = der::element(der::Tag::bit_string, Bytes(70));
  Bytes algorithm = der::element(der::Tag::sequence, Bytes(10));
  Bytes body = der::element(der::Tag::sequence, Bytes(300));
  Bytes certificate = der::element(der::Tag::sequence, joined({body, algorithm, signature}));
};

BOOST_FIXTURE_TEST_SUITE(a_certificate_in_nv, CertificateFixture)

BOOST_AUTO_TEST_CASE(is_found_with_and_without_what_follows_it) {
  for (const std::size_t surplus : {0U, 1U, 500U}) {
    const auto found = certificate_in(joined({certificate, Bytes(surplus, std::byte{0xff})}));
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->size() == certificate.size());
  }
}

BOOST_AUTO_TEST_CASE(that_is_cut_off_anywhere_is_none) {
  for (std::size_t size = 0; size < certificate.size(); ++size) {
    BOOST_TEST(!certificate_in(ByteView(certificate).first(size)));
  }
}

BOOST_AUTO_TEST_CASE(has_its_three_parts_in_order_and_no_more) {
  for (const Bytes& content :
       {joined({body, algorithm}), joined({body, signature}), joined({algorithm, body, signature, signature}),
        joined({signature, body, algorithm}), Bytes()}) {
    BOOST_TEST(!certificate_in(der::element(der::Tag::sequence, content)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm
