#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/gateway.h"
#include "tests/unit/agent/key_use.h"
#include "tests/unit/agent/pcr_authority.h"

using namespace edgeseal;
using agent::Answer;
using agent::Code;
using agent::KeyPtr;
using agent::PcrPolicies;
using agent::PcrValues;
using test::has_code;
using test::pcr_value;

namespace {

struct Fixture : test::Gateway {
  std::variant<tpm::Bytes, agent::Error> sign(const KeyPtr& key) { return test::sign(*this, key); }
  bool signs(const KeyPtr& key) { return test::signs(*this, key); }
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

// A key that can be used where the authority has approved the value of PCR 7; it is 0 at first.
struct Authorised : Fixture {
  const test::PcrAuthority authority{};
  PcrPolicies authorised{state, authority.public_key()};
  agent::KeyMaker bound{state, worker, sealed, keys, authorised, spares};

  KeyPtr make_key() {
    const agent::Slot slot = declare("web", "https/https=ec-p256,pcrs=7");
    return value<KeyPtr>([&](Answer<KeyPtr> answer) {
      bound.create(slot, agent::SlotDeclaration::parse("https/https=ec-p256,pcrs=7").key, {}, std::move(answer));
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pcr_policies, Fixture)

BOOST_AUTO_TEST_CASE(a_sealed_key_that_is_bound_to_pcrs_is_refused_in_words_when_they_change) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed,pcrs=7"));
  BOOST_TEST(signs(reloaded(key)));
  chip.set_pcr(7, pcr_value(1));
  const auto refused = sign(reloaded(key));
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(refused));
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::key_unavailable));
}

BOOST_AUTO_TEST_CASE(a_tpm_key_that_is_bound_to_pcrs_is_refused_in_words_when_they_change) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,pcrs=7"));
  BOOST_TEST(signs(key));
  chip.set_pcr(7, pcr_value(1));
  const auto refused = sign(key);
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(refused));
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::key_unavailable));
}

BOOST_AUTO_TEST_CASE(without_the_authority_that_is_configured_no_key_is_bound_to_something_else) {
  PcrPolicies unusable(state, tpm::Bytes{});
  const auto refused = has_code(Code::invalid_state);
  BOOST_CHECK_EXCEPTION((void)unusable.policy(tpm::PcrMask{1} << 7), agent::Error, refused);
  BOOST_CHECK_EXCEPTION(unusable.approve({{7, pcr_value(1)}}, {}, worker), agent::Error, refused);
  BOOST_TEST(!unusable.policy(0).has_value());
}

BOOST_AUTO_TEST_CASE(an_account_that_reads_without_end_takes_no_turn_of_the_agents_own_work) {
  constexpr std::uint64_t account = 1000;
  constexpr int most_waiting = 64;
  int read = 0, refused = 0;
  const auto read_pcr = [&] {
    PcrPolicies::read({7}, worker, account, [&](const std::variant<PcrValues, agent::Error>&) { ++read; });
  };
  run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
  chip.block();
  read_pcr();
  chip.wait_until_blocked();
  for (int i = 0; i < most_waiting; ++i) read_pcr();
  BOOST_CHECK_EXCEPTION(read_pcr(), agent::Error, has_code(Code::busy));
  seal.prepare([&](const std::variant<std::monostate, agent::Error>& outcome) {
    if (std::holds_alternative<agent::Error>(outcome)) ++refused;
  });
  chip.release();
  run_until([&] { return read == 1 + most_waiting; });
  BOOST_TEST(refused == 0);
  BOOST_TEST(seal.is_open());
}

BOOST_AUTO_TEST_CASE(pcrs_that_a_key_is_not_bound_to_may_change) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed,pcrs=7"));
  chip.set_pcr(8, pcr_value(1));
  BOOST_TEST(signs(reloaded(key)));
}

BOOST_AUTO_TEST_CASE(a_resealed_key_works_before_and_after_the_update_and_after_the_next_one) {
  const KeyPtr key = install(declare("web", "https/https=ec-p256,sealed,pcrs=7+8"));
  BOOST_TEST(reseal({{7, pcr_value(1)}}) == 1u);
  BOOST_TEST(signs(reloaded(key)));  // the update may be put off
  chip.set_pcr(7, pcr_value(1));
  BOOST_TEST(signs(reloaded(key)));

  BOOST_TEST(reseal({{7, pcr_value(2)}}) == 1u);
  BOOST_TEST(signs(reloaded(key)));  // what the first update brought still counts
  chip.set_pcr(7, pcr_value(2));
  BOOST_TEST(signs(reloaded(key)));
  chip.set_pcr(7, pcr_value(3));
  BOOST_TEST(!signs(reloaded(key)));
}

BOOST_AUTO_TEST_CASE(keys_that_are_not_bound_to_the_changed_pcrs_are_left_alone) {
  (void)install(declare("web", "https/https=ec-p256,sealed,pcrs=8"));
  (void)install(declare("tls", "tls/tls-server=ec-p256,sealed"));
  BOOST_TEST(reseal({{7, pcr_value(1)}}) == 0u);
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_opened_is_named_and_stops_no_other) {
  const KeyPtr dead = install(declare("dead", "https/https=ec-p256,sealed,pcrs=7"));
  const KeyPtr good = install(declare("good", "https/https=ec-p256,sealed,pcrs=8"));
  chip.set_pcr(7, pcr_value(9));
  (void)reloaded(dead);
  const auto result = outcome<std::uint32_t>([&](Answer<std::uint32_t> answer) {
    policies.reseal({{7, pcr_value(1)}, {8, pcr_value(1)}}, keys, sealed, worker, std::move(answer));
  });
  BOOST_REQUIRE(std::holds_alternative<agent::Error>(result));
  BOOST_TEST((std::get<agent::Error>(result).code() == Code::key_unavailable));
  chip.set_pcr(8, pcr_value(1));
  BOOST_TEST(signs(reloaded(good)));
}

BOOST_AUTO_TEST_CASE(values_that_are_none_are_refused) {
  for (const PcrValues& values : {PcrValues{}, PcrValues{{24, pcr_value(1)}}, PcrValues{{7, tpm::Bytes(20)}}}) {
    BOOST_CHECK_EXCEPTION((void)PcrPolicies::prepare(values), agent::Error, has_code(Code::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)reseal(values), agent::Error, has_code(Code::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(without_an_authority_nothing_can_be_approved) {
  BOOST_CHECK_EXCEPTION(policies.approve({{7, pcr_value(1)}}, pcr_value(0), worker), agent::Error,
                        has_code(Code::invalid_state));
}

BOOST_FIXTURE_TEST_CASE(an_authority_approves_states_in_advance, Authorised) {
  const KeyPtr key = make_key();
  BOOST_TEST(!signs(key));  // nothing is approved yet

  const auto approve = [&](const tpm::Bytes& state_of_7, const tpm::Bytes& signed_policy) {
    authorised.approve({{7, state_of_7}}, authority.sign(signed_policy), worker);
  };
  approve(pcr_value(0), PcrPolicies::prepare({{7, pcr_value(0)}}).policy);
  BOOST_TEST(signs(key));
  approve(pcr_value(5), PcrPolicies::prepare({{7, pcr_value(5)}}).policy);
  chip.set_pcr(7, pcr_value(5));
  BOOST_TEST(signs(key));
  BOOST_CHECK_EXCEPTION(approve(pcr_value(6), pcr_value(1)), agent::Error, has_code(Code::security_checks_failed));
  chip.set_pcr(7, pcr_value(6));
  BOOST_TEST(!signs(key));
}

BOOST_FIXTURE_TEST_CASE(declared_approvals_count_while_they_are_declared_and_are_not_stored, Authorised) {
  const KeyPtr key = make_key();
  const auto now = authority.declared("now", {{7, pcr_value(0)}}),
             next = authority.declared("next", {{7, pcr_value(5)}});
  authorised.use_declared({now}, worker);
  BOOST_TEST(signs(key));
  authorised.use_declared({next}, worker);
  BOOST_TEST(!signs(key));
  chip.set_pcr(7, pcr_value(5));
  BOOST_TEST(signs(key));
  BOOST_TEST(state.pcr_approvals().empty());
  authorised.use_declared({}, worker);
  BOOST_TEST(!signs(key));
}

BOOST_FIXTURE_TEST_CASE(the_first_start_of_an_image_uses_what_its_files_approve, Authorised) {
  const PcrPolicies started(state, authority.public_key(), {authority.declared("kernel", {{7, pcr_value(0)}})});
  const KeyPtr key = make_key();
  worker.renew(started.installer());
  BOOST_TEST(signs(key));
}

BOOST_FIXTURE_TEST_CASE(what_another_authority_declares_is_never_used, Authorised) {
  const KeyPtr key = make_key();
  authorised.use_declared({test::PcrAuthority().declared("foreign", {{7, pcr_value(0)}})}, worker);
  BOOST_TEST(!signs(key));
  policies.use_declared({authority.declared("no authority", {{7, pcr_value(0)}})}, worker);
  BOOST_TEST(!signs(key));
}

BOOST_FIXTURE_TEST_CASE(declared_approvals_stand_beside_the_latest_that_were_handed_in, Authorised) {
  const auto handed_in = [](unsigned number) { return PcrValues{{7, pcr_value(static_cast<std::uint8_t>(number))}}; };
  const KeyPtr key = make_key();
  for (unsigned i = 1; i <= tpm::KeyDevice::kMaxApprovals; ++i)
    authorised.approve(handed_in(i), authority.declared("", handed_in(i)).signature, worker);
  chip.set_pcr(7, pcr_value(1));
  BOOST_TEST(signs(key));
  std::vector<agent::DeclaredApproval> declared;
  for (unsigned i = 0; i < agent::max_declared_approvals; ++i)
    declared.push_back(authority.declared(std::to_string(i), handed_in(100 + i)));
  authorised.use_declared(declared, worker);
  BOOST_TEST(!signs(key));
  for (const unsigned counts : {9U, 16U, 100U, 107U}) {
    chip.set_pcr(7, handed_in(counts).at(7));
    BOOST_TEST(signs(key), counts);
  }
  authorised.use_declared({}, worker);
  chip.set_pcr(7, pcr_value(1));
  BOOST_TEST(signs(key));
}

BOOST_FIXTURE_TEST_CASE(the_same_declarations_once_more_unload_no_key, Authorised) {
  const KeyPtr key = make_key();
  const std::vector<agent::DeclaredApproval> declared{authority.declared("now", {{7, pcr_value(0)}})};
  authorised.use_declared(declared, worker);
  BOOST_TEST(signs(key));
  worker.renew([](tpm::KeyDevice& device) { device.set_pcr_approvals({}); });  // would be overwritten
  authorised.use_declared(declared, worker);
  BOOST_TEST(!signs(key));
}

BOOST_AUTO_TEST_SUITE_END()
