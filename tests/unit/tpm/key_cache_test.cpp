#include "tpm/key_cache.h"

#include <boost/test/unit_test.hpp>

namespace edgeseal::tpm {
namespace {

std::size_t capacity(std::uint32_t slots, std::uint32_t storage_key_handle) {
  TpmFacts facts;
  facts.transient_slots = slots;
  facts.storage_key_handle = storage_key_handle;
  return cache_capacity(facts);
}

BOOST_AUTO_TEST_SUITE(the_cache_of_keys)

BOOST_AUTO_TEST_CASE(leaves_a_slot_for_the_storage_key_and_counts_on_three_objects_at_most) {
  constexpr std::uint32_t primary = 0, persistent = 0x81000001;
  BOOST_TEST(capacity(3, primary) == 2U);
  BOOST_TEST(capacity(5, primary) == 2U);
  BOOST_TEST(capacity(3, persistent) == 2U);
  BOOST_TEST(capacity(4, persistent) == 3U);
  BOOST_TEST(capacity(27, persistent) == 3U);
}

BOOST_AUTO_TEST_CASE(holds_a_key_whatever_a_chip_reports) {
  for (const std::uint32_t slots : {0U, 1U, 2U}) BOOST_TEST(capacity(slots, 0) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm
