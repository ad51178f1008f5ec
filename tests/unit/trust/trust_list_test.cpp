#include "agent/trust/trust_list.h"

#include <boost/test/unit_test.hpp>

#include "agent/error.h"

namespace edgeseal::agent {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

TrustList some_list() {
  return {.specified = all_lists_mask,
          .trusted_certificates = {bytes({1, 2, 3}), bytes({4})},
          .trusted_crls = {},
          .issuer_certificates = {bytes({5, 6})},
          .issuer_crls = {bytes({7}), bytes({8}), bytes({9})}};
}

bool is_refused(const Bytes& blob) {
  try {
    (void)decode_trust_list(blob);
    return false;
  } catch (const Error& error) {
    return error.code() == Code::invalid_argument;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trust_list)

BOOST_AUTO_TEST_CASE(F1_a_blob_is_the_binary_encoding_without_an_extension_object) {
  const TrustList list{.specified = trusted_certificates_mask, .trusted_certificates = {bytes({0xaa, 0xbb})}};
  BOOST_TEST((encode_trust_list(list) == bytes({1,    0,    0,    0,                             // specifiedLists
                                                1,    0,    0,    0,    2, 0, 0, 0, 0xaa, 0xbb,  // trustedCertificates
                                                0xff, 0xff, 0xff, 0xff,                          // null: trustedCrls
                                                0xff, 0xff, 0xff, 0xff,      // null: issuerCertificates
                                                0xff, 0xff, 0xff, 0xff})));  // null: issuerCrls
}

BOOST_AUTO_TEST_CASE(F1_empty_null_and_large_lists_come_back) {
  const TrustList empty;
  TrustList large = some_list();
  for (int i = 0; i < 10'000; ++i) large.trusted_certificates.push_back(Bytes(700, static_cast<std::byte>(i)));
  for (const TrustList& list : {empty, some_list(), large}) {
    const Bytes blob = encode_trust_list(list);
    BOOST_TEST((decode_trust_list(blob) == list));
    BOOST_TEST(blob.size() <= encoded_size(list));
  }
  const Bytes empty_arrays = bytes({15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  BOOST_TEST((decode_trust_list(empty_arrays) == empty));
  const Bytes null_string = bytes({1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  BOOST_TEST(decode_trust_list(null_string).trusted_certificates.front().empty());
}

BOOST_AUTO_TEST_CASE(F1_every_truncation_and_every_longer_blob_is_refused) {
  Bytes blob = encode_trust_list(some_list());
  for (std::size_t size = 0; size < blob.size(); ++size)
    BOOST_TEST(is_refused(Bytes(blob.begin(), blob.begin() + static_cast<std::ptrdiff_t>(size))));
  blob.push_back(std::byte{0});
  BOOST_TEST(is_refused(blob));
}

BOOST_AUTO_TEST_CASE(F1_lengths_beyond_the_blob_are_refused_before_anything_is_allocated) {
  const Bytes lists = bytes({1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0});
  const Bytes item = bytes({1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0});
  const Bytes negative = bytes({1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  BOOST_TEST(is_refused(lists));
  BOOST_TEST(is_refused(item));
  BOOST_TEST(is_refused(negative));
}

BOOST_AUTO_TEST_CASE(F1_unknown_masks_and_lists_that_the_mask_leaves_out_are_refused) {
  TrustList list = some_list();
  list.specified = 16;
  BOOST_TEST(is_refused(encode_trust_list(list)));
  list.specified = trusted_certificates_mask;
  BOOST_TEST(is_refused(encode_trust_list(list)));
}

BOOST_AUTO_TEST_CASE(F2_a_mask_selects_lists_and_a_change_replaces_those_it_specifies) {
  const TrustList all = some_list();
  for (TrustListMask mask = 0; mask <= all_lists_mask; ++mask) {
    const TrustList selected = select(all, mask);
    BOOST_TEST(selected.specified == mask);
    BOOST_TEST(selected.trusted_certificates.empty() == ((mask & trusted_certificates_mask) == 0));
    BOOST_TEST(selected.issuer_certificates.empty() == ((mask & issuer_certificates_mask) == 0));
    BOOST_TEST(selected.issuer_crls.empty() == ((mask & issuer_crls_mask) == 0));

    const TrustList emptied = merge(all, TrustList{.specified = mask});
    BOOST_TEST(emptied.specified == all_lists_mask);
    BOOST_TEST((emptied.trusted_certificates == all.trusted_certificates) == ((mask & trusted_certificates_mask) == 0));
    BOOST_TEST((emptied.issuer_crls == all.issuer_crls) == ((mask & issuer_crls_mask) == 0));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
