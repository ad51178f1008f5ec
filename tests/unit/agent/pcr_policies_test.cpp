#include <openssl/evp.h>

#include <boost/test/unit_test.hpp>

#include "agent/certificate_signature.h"
#include "agent/public_key.h"
#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::Answer;
using agent::Code;
using agent::KeyPtr;
using agent::PcrPolicies;
using agent::PcrValues;
using test::has_code;

namespace {

tpm::Bytes value_of(std::uint8_t fill) {
  return tpm::Bytes(32, std::byte{fill});
}

struct Fixture : test::Gateway {
  std::variant<tpm::Bytes, agent::Error> sign(const KeyPtr& key) {
    const tpm::Bytes message(10, std::byte{1});
    return outcome<tpm::Bytes>([&](Answer<tpm::Bytes> answer) {
      keys.sign(key, agent::certificate_signature(key->public_key, message), {}, std::move(answer));
    });
  }
  bool signs(const KeyPtr& key) { return std::holds_alternative<tpm::Bytes>(sign(key)); }
  // As after a restart of the agent: nothing is opened or remembered.
  KeyPtr reloaded(const KeyPtr& key) {
    keys.evict(key->id);
    keys.forget_cached();
    return keys.find(key->id);
  }
  std::uint32_t reseal(const PcrValues& values) {
    return value<std::uint32_t>(
        [&](Answer<std::uint32_t> answer) { policies.reseal(values, keys, sealed, worker, std::move(answer)); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pcr_policies, Fixture)

BOOST_AUTO_TEST_CASE(a_sealed_key_that_is_bound_to_pcrs_is_refused_in_words_when_they_change) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed,pcrs=7"));
  BOOST_TEST(signs(reloaded(key)));
  chip.set_pcr(7, value_of(1));
  const auto refused = sign(reloaded(key));
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(refused));
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::key_unavailable));
}

BOOST_AUTO_TEST_CASE(a_tpm_key_that_is_bound_to_pcrs_is_refused_in_words_when_they_change) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,pcrs=7"));
  BOOST_TEST(signs(key));
  chip.set_pcr(7, value_of(1));
  const auto refused = sign(key);
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(refused));
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::key_unavailable));
}

BOOST_AUTO_TEST_CASE(pcrs_that_a_key_is_not_bound_to_may_change) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed,pcrs=7"));
  chip.set_pcr(8, value_of(1));
  BOOST_TEST(signs(reloaded(key)));
}

BOOST_AUTO_TEST_CASE(a_resealed_key_works_before_and_after_the_update_and_after_the_next_one) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed,pcrs=7+8"));
  BOOST_TEST(reseal({{7, value_of(1)}}) == 1u);
  BOOST_TEST(signs(reloaded(key)));  // the update may be put off
  chip.set_pcr(7, value_of(1));
  BOOST_TEST(signs(reloaded(key)));

  BOOST_TEST(reseal({{7, value_of(2)}}) == 1u);
  BOOST_TEST(signs(reloaded(key)));  // what the first update brought still counts
  chip.set_pcr(7, value_of(2));
  BOOST_TEST(signs(reloaded(key)));
  chip.set_pcr(7, value_of(3));
  BOOST_TEST(!signs(reloaded(key)));
}

BOOST_AUTO_TEST_CASE(keys_that_are_not_bound_to_the_changed_pcrs_are_left_alone) {
  (void)install(declare("web", "https/https=ec-p256,sealed,pcrs=8"));
  (void)install(declare("tls", "tls/tls-server=ec-p256,sealed"));
  BOOST_TEST(reseal({{7, value_of(1)}}) == 0u);
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_opened_is_named_and_stops_no_other) {
  const KeyPtr dead = install(declare("dead", "https/https=ec-p256,sealed,pcrs=7"));
  const KeyPtr good = install(declare("good", "https/https=ec-p256,sealed,pcrs=8"));
  chip.set_pcr(7, value_of(9));
  (void)reloaded(dead);
  const auto result = outcome<std::uint32_t>([&](Answer<std::uint32_t> answer) {
    policies.reseal({{7, value_of(1)}, {8, value_of(1)}}, keys, sealed, worker, std::move(answer));
  });
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(result));
  BOOST_TEST((std::get<agent::Error>(result).code() == Code::key_unavailable));
  chip.set_pcr(8, value_of(1));
  BOOST_TEST(signs(reloaded(good)));
}

BOOST_AUTO_TEST_CASE(values_that_are_none_are_refused) {
  for (const PcrValues& values : {PcrValues{}, PcrValues{{24, value_of(1)}}, PcrValues{{7, tpm::Bytes(20)}}}) {
    BOOST_CHECK_EXCEPTION((void)PcrPolicies::prepare(values), agent::Error, has_code(Code::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)reseal(values), agent::Error, has_code(Code::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(without_an_authority_nothing_can_be_approved) {
  BOOST_CHECK_EXCEPTION(policies.approve({{7, value_of(1)}}, value_of(0), worker), agent::Error,
                        has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(an_authority_approves_states_in_advance) {
  const agent::PublicKeyPtr authority(EVP_EC_gen("P-256"));
  PcrPolicies authorised(state, agent::der_of(authority.get(), i2d_PUBKEY));
  agent::KeyMaker bound(state, worker, sealed, keys, authorised, spares);
  const agent::Slot slot = declare("web", "https/https=ec-p256,pcrs=7");
  const KeyPtr key = value<KeyPtr>([&](Answer<KeyPtr> answer) {
    bound.create(slot, agent::SlotDeclaration::parse("https/https=ec-p256,pcrs=7").key, {}, std::move(answer));
  });
  BOOST_TEST(!signs(key));  // nothing is approved yet

  const auto approve = [&](const tpm::Bytes& state_of_7, const tpm::Bytes& signed_policy) {
    const agent::DigestContextPtr context(EVP_MD_CTX_new());
    tpm::Bytes signature(128);
    std::size_t size = signature.size();
    BOOST_REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, authority.get()) == 1);
    BOOST_REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                 agent::octets(signed_policy), signed_policy.size()) == 1);
    signature.resize(size);
    authorised.approve({{7, state_of_7}}, signature, worker);
  };
  approve(value_of(0), PcrPolicies::prepare({{7, value_of(0)}}).policy);
  BOOST_TEST(signs(key));
  approve(value_of(5), PcrPolicies::prepare({{7, value_of(5)}}).policy);
  chip.set_pcr(7, value_of(5));
  BOOST_TEST(signs(key));
  BOOST_CHECK_EXCEPTION(approve(value_of(6), value_of(1)), agent::Error, has_code(Code::security_checks_failed));
  chip.set_pcr(7, value_of(6));
  BOOST_TEST(!signs(key));
}

BOOST_AUTO_TEST_SUITE_END()
