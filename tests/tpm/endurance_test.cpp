#include <malloc.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <sstream>

#include "tests/fakes/software_key.h"
#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::KeyAlgorithm;

constexpr std::size_t kKeys = 50;
constexpr std::size_t kOperations = 10'000;

struct EnduranceFixture : TracedFixture {
  std::vector<tpm::StoredKey> keys;
  std::map<std::string, std::ptrdiff_t> seen;  // commands

  // 48 ordinary ones, one with a policy of PCRs, one with a policy of an authority.
  EnduranceFixture() {
    const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
    const tpm::PcrMask pcr = 1U << 7;
    while (keys.size() < kKeys - 2) keys.push_back(new_key());
    keys.push_back(stored(device->create(KeyAlgorithm::ec_p256, tpm::PcrPolicy{pcr, {}, std::nullopt})));
    keys.push_back(stored(device->create(KeyAlgorithm::ec_p256, tpm::PcrPolicy{pcr, {}, authority.public_key()})));
    const tpm::Bytes digest_now = tpm::pcr_digest(device->read_pcrs(pcr));
    auto [r, s] = authority.sign_ecdsa(tpm::HashAlgorithm::sha256, sha256(tpm::approved_policy(pcr, digest_now)));
    r.insert(r.end(), s.begin(), s.end());
    device->set_pcr_approvals({{authority.public_key(), pcr, digest_now, r}});
  }

  void sign_with_each_in_turn(std::size_t operations) {
    for (std::size_t i = 0; i < operations; ++i) sign(keys[i % keys.size()]);
    for (const std::string& command : commands()) ++seen[command];
  }

  // What the chip must hold now, by what it was told: objects and sessions.
  [[nodiscard]] std::ptrdiff_t held() {
    return seen[command::kCreatePrimary] + seen[command::kLoad] + seen[command::kLoadExternal] +
           seen[command::kStartAuthSession] - seen[command::kFlushContext];
  }
};

BOOST_FIXTURE_TEST_SUITE(ten_thousand_operations_with_fifty_keys_in_three_slots, EnduranceFixture)

BOOST_AUTO_TEST_CASE(let_neither_handles_nor_memory_grow) {
  sign_with_each_in_turn(kOperations / 10);
  const std::ptrdiff_t held_at_first = held();
  const std::size_t memory_at_first = ::mallinfo2().uordblks;
  BOOST_TEST(held_at_first == 5);  // the storage key and two keys, an HMAC and a policy session
  for (int part = 1; part < 10; ++part) {
    sign_with_each_in_turn(kOperations / 10);
    BOOST_TEST(held() == held_at_first);
  }
  BOOST_TEST(seen[command::kSign] == static_cast<std::ptrdiff_t>(kOperations));
  BOOST_TEST(::mallinfo2().uordblks < memory_at_first + 65536);
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
