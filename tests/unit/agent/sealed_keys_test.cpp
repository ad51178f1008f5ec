#include <boost/test/unit_test.hpp>
#include <latch>

#include "agent/keys/sealed_envelope.h"
#include "agent/keys/sealed_keys.h"
#include "agent/keys/signature_encoding.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Answer;
using agent::Code;
using agent::SealedKey;
using agent::SealedKeys;
using agent::SoftwareKey;
using tpm::KeyAlgorithm;

namespace {

using NewKeyPtr = std::shared_ptr<agent::NewSealedKey>;
using Outcome = std::variant<tpm::SecretBytes, agent::Error>;

const tpm::Bytes message(10, std::byte{0x33});

tpm::SecretBytes sign(const SoftwareKey& key) {
  return tpm::SecretBytes(key.sign({wire::SignatureScheme::ecdsa, tpm::HashAlgorithm::sha256, 0,
                                    agent::digest_of(tpm::HashAlgorithm::sha256, message)}));
}

struct Fixture : test::LoopFixture {
  explicit Fixture(const SealedKeys::Settings& settings = {}) : keys(loop, tpm, software, settings) {}

  NewKeyPtr create(KeyAlgorithm algorithm = KeyAlgorithm::ec_p256) {
    return value<NewKeyPtr>([&](Answer<NewKeyPtr> answer) {
      keys.create(algorithm, agent::RsaUse::any, std::nullopt, {}, std::move(answer));
    });
  }
  static std::shared_ptr<SealedKey> stored(const NewKeyPtr& key) { return {key, &key->sealed}; }
  Outcome use(const std::shared_ptr<const SealedKey>& key, const SealedKeys::Operation& operation = sign,
              std::chrono::milliseconds limit = 10s) {
    return outcome<tpm::SecretBytes>([&](Answer<tpm::SecretBytes> answer) {
      keys.use(key, SealedKeys::Extent::once, operation, {agent::TpmWorker::Priority::use, 1, limit},
               std::move(answer));
    });
  }
  static bool verifies(const NewKeyPtr& key, const Outcome& signature) {
    const auto* const bytes = std::get_if<tpm::SecretBytes>(&signature);
    return bytes != nullptr && agent::verifies(*agent::parse_public_key(key->public_key), tpm::HashAlgorithm::sha256,
                                               message, bytes->view());
  }
  static Code code_of(const Outcome& outcome) { return std::get<agent::Error>(outcome).code(); }

  test::FakeTpm chip;
  agent::TpmWorker tpm{loop, [this] { return chip.open(); }, [] {}};
  agent::SoftwareWorker software{loop, {2, 1024, 1024}};
  SealedKeys keys;
};

struct Idle : Fixture {
  Idle() : Fixture({2s, 256}) {}
};
struct InUse : Fixture {
  InUse() : Fixture({4s, 256}) {}
};
struct EachUse : Fixture {
  EachUse() : Fixture({0ms, 256}) {}
};
struct TwoAtMost : Fixture {
  TwoAtMost() : Fixture({15min, 2}) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sealed_keys, Fixture)

BOOST_AUTO_TEST_CASE(a_new_key_is_stored_sealed_and_signs) {
  const auto key = create();
  BOOST_TEST((key->algorithm == KeyAlgorithm::ec_p256));
  BOOST_TEST((key->sealed.id == agent::key_id(key->public_key)));
  BOOST_TEST(!key->sealed.next_secret.has_value());
  BOOST_TEST(keys.opened() == 0u);
  BOOST_TEST(verifies(key, use(stored(key))));
  BOOST_TEST(keys.opened() == 1u);
}

BOOST_AUTO_TEST_CASE(a_key_is_made_though_programs_of_root_have_filled_their_queue_at_the_tpm) {
  run_until([&] { return tpm.state().health == agent::TpmHealth::ready; });
  chip.block();
  const auto seal = [&] {
    tpm.submit<tpm::SealedSecret>(
        {agent::TpmWorker::Priority::seal, 0, 60s},
        [](tpm::KeyDevice& device) { return device.seal(message, std::nullopt); }, [](const auto&) {});
  };
  seal();
  chip.wait_until_blocked();
  for (int i = 0; i < 64; ++i) seal();
  BOOST_CHECK_EXCEPTION(seal(), agent::Error, test::has_code(Code::busy));
  std::optional<std::variant<NewKeyPtr, agent::Error>> made;
  keys.create(KeyAlgorithm::ec_p256, agent::RsaUse::any, std::nullopt, {}, [&](const auto& key) { made = key; });
  run_until([&] { return software.pending() == 0; });
  chip.release();
  run_until([&] { return made.has_value(); });
  BOOST_TEST(std::holds_alternative<NewKeyPtr>(*made));
}

BOOST_AUTO_TEST_CASE(a_key_is_made_though_programs_of_root_have_filled_their_queue_at_the_processors) {
  std::latch entered(1), gate(1);
  agent::SoftwareWorker one(loop, {1, 1024, 1});
  SealedKeys made_here(loop, tpm, one, {});
  const auto work = [&] {
    one.submit<int>(
        0, agent::SoftwareWorker::Effort::large, [&] { return gate.wait(), 0; }, [](const auto&) {});
  };
  one.submit<int>(
      0, agent::SoftwareWorker::Effort::large, [&] { return entered.count_down(), gate.wait(), 0; },
      [](const auto&) {});
  entered.wait();
  work();
  BOOST_CHECK_EXCEPTION(work(), agent::Error, test::has_code(Code::busy));
  bool made = false;
  const auto create = [&] {
    made_here.create(KeyAlgorithm::ec_p256, agent::RsaUse::any, std::nullopt, {},
                     [&](const auto& key) { made = std::holds_alternative<NewKeyPtr>(key); });
  };
  BOOST_CHECK_NO_THROW(create());
  gate.count_down();
  run_until([&] { return made; });
}

BOOST_AUTO_TEST_CASE(entropy_of_a_caller_is_taken) {
  const auto key = value<NewKeyPtr>([&](Answer<NewKeyPtr> answer) {
    keys.create(KeyAlgorithm::ec_p256, agent::RsaUse::any, std::nullopt, tpm::Bytes(64, std::byte{9}),
                std::move(answer));
  });
  BOOST_TEST(verifies(key, use(stored(key))));
}

BOOST_AUTO_TEST_CASE(an_opened_key_needs_no_tpm) {
  const auto key = create();
  (void)use(stored(key));
  const auto before = chip.counts().operations();
  chip.fail(tpm::Fault::absent);
  for (int i = 0; i < 3; ++i) BOOST_TEST(verifies(key, use(stored(key))));
  BOOST_TEST(chip.counts().operations() == before);
}

BOOST_AUTO_TEST_CASE(all_who_wait_share_one_unsealing) {
  const auto key = create();
  chip.block();
  int good = 0;
  for (int i = 0; i < 10; ++i)
    keys.use(stored(key), SealedKeys::Extent::once, sign, {agent::TpmWorker::Priority::use, 1, 10s},
             [&](const Outcome& signature) { good += verifies(key, signature) ? 1 : 0; });
  chip.wait_until_blocked();
  chip.release();
  run_until([&] { return good == 10; });
  BOOST_TEST(chip.counts().unseals == 1u);
}

BOOST_AUTO_TEST_CASE(all_who_wait_get_the_refusal_of_the_tpm_and_the_next_use_tries_again) {
  const auto key = create();
  chip.block();
  int refused = 0;
  for (int i = 0; i < 3; ++i)
    keys.use(stored(key), SealedKeys::Extent::once, sign, {agent::TpmWorker::Priority::use, 1, 10s},
             [&](const Outcome& signature) { refused += code_of(signature) == Code::tpm_unavailable ? 1 : 0; });
  chip.wait_until_blocked();
  chip.fail_once(tpm::Fault::failed);
  chip.release();
  run_until([&] { return refused == 3; });
  BOOST_TEST(keys.opened() == 0u);
  BOOST_TEST(verifies(key, use(stored(key))));
}

BOOST_AUTO_TEST_CASE(a_chip_that_does_not_answer_costs_the_time_limit) {
  const auto key = create();
  chip.block();
  BOOST_TEST((code_of(use(stored(key), sign, 20ms)) == Code::busy));
  chip.release();
  BOOST_TEST(verifies(key, use(stored(key))));
}

BOOST_AUTO_TEST_CASE(who_waited_too_long_for_the_key_to_be_opened_is_told_so) {
  const auto key = create();
  chip.block();
  bool signed_in_time = false;
  std::optional<Code> late;
  keys.use(stored(key), SealedKeys::Extent::once, sign, {agent::TpmWorker::Priority::use, 1, 10s},
           [&](const Outcome& signature) { signed_in_time = verifies(key, signature); });
  keys.use(stored(key), SealedKeys::Extent::once, sign, {agent::TpmWorker::Priority::use, 1, -1ms},
           [&](const Outcome& signature) { late = code_of(signature); });
  chip.wait_until_blocked();
  chip.release();
  run_until([&] { return signed_in_time && late.has_value(); });
  BOOST_TEST((*late == Code::busy));
}

BOOST_AUTO_TEST_CASE(what_the_operation_throws_is_the_answer) {
  const auto key = create();
  const auto refused =
      use(stored(key), [](const SoftwareKey&) -> tpm::SecretBytes { throw agent::Error(Code::not_supported, "no"); });
  BOOST_TEST((code_of(refused) == Code::not_supported));
}

BOOST_AUTO_TEST_CASE(a_stored_form_that_was_changed_or_is_of_another_key_is_refused) {
  const auto key = create(), other = create();
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{20}, key->sealed.ciphertext.size() - 1}) {
    auto changed = key->sealed.ciphertext;
    changed[at] ^= std::byte{1};
    std::swap(changed, key->sealed.ciphertext);
    BOOST_TEST((code_of(use(stored(key))) == Code::security_checks_failed));
    std::swap(changed, key->sealed.ciphertext);
  }
  std::swap(key->sealed.id, other->sealed.id);
  BOOST_TEST((code_of(use(stored(key))) == Code::security_checks_failed));
  BOOST_TEST(keys.opened() == 0u);
}

BOOST_AUTO_TEST_CASE(resealing_keeps_the_ciphertext_and_serves_when_the_present_policy_does_not) {
  const auto key = create();
  const auto next = value<std::shared_ptr<agent::Resealed>>(
      [&](Answer<std::shared_ptr<agent::Resealed>> answer) { keys.reseal(stored(key), {}, std::move(answer)); });
  key->sealed.next_secret = std::move(next->secret);
  chip.fail_once(tpm::Fault::pcr_mismatch);
  BOOST_TEST(verifies(key, use(stored(key))));
  BOOST_TEST(chip.counts().unseals == 3u);
}

BOOST_AUTO_TEST_CASE(a_state_of_the_pcrs_that_nothing_was_sealed_for_is_told) {
  const auto key = create();
  chip.fail_once(tpm::Fault::pcr_mismatch);
  BOOST_TEST((code_of(use(stored(key))) == agent::Error(tpm::Error("", tpm::Fault::pcr_mismatch, "")).code()));
  BOOST_TEST(chip.counts().unseals == 1u);
}

BOOST_AUTO_TEST_CASE(a_forgotten_key_is_opened_again_and_who_waits_for_it_is_answered) {
  const auto key = create();
  (void)use(stored(key));
  keys.forget(key->sealed.id);
  BOOST_TEST(keys.opened() == 0u);
  chip.block();
  bool answered = false;
  keys.use(stored(key), SealedKeys::Extent::once, sign, {agent::TpmWorker::Priority::use, 1, 10s},
           [&](const Outcome& signature) { answered = verifies(key, signature); });
  chip.wait_until_blocked();
  keys.forget(key->sealed.id);
  chip.release();
  run_until([&] { return answered; });
  BOOST_TEST(keys.opened() == 0u);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_forgotten_in_use_finishes) {
  const auto key = create();
  std::latch entered(1), gate(1);
  bool answered = false;
  keys.use(
      stored(key), SealedKeys::Extent::repeatedly,
      [&](const SoftwareKey& opened) { return entered.count_down(), gate.wait(), sign(opened); },
      {agent::TpmWorker::Priority::use, 1, 10s},
      [&](const Outcome& signature) { answered = verifies(key, signature); });
  run_until([&] { return entered.try_wait(); });
  keys.forget(key->sealed.id);
  gate.count_down();
  run_until([&] { return answered; });
}

BOOST_FIXTURE_TEST_CASE(an_unused_key_is_dropped_with_its_memory, Idle) {
  const auto key = create();
  (void)use(stored(key));
  const std::size_t with_key = agent::secret_memory::in_use();
  run_until([&] { return keys.opened() == 0; });
  BOOST_TEST(agent::secret_memory::in_use() < with_key);
  BOOST_TEST(verifies(key, use(stored(key))));
  BOOST_TEST(chip.counts().unseals == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_key_in_use_is_not_dropped, InUse) {
  const auto key = create();
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < end) (void)use(stored(key));
  BOOST_TEST(chip.counts().unseals == 1u);
}

BOOST_FIXTURE_TEST_CASE(without_an_idle_time_each_use_unseals, EachUse) {
  const auto key = create();
  for (std::size_t uses = 1; uses <= 3; ++uses) {
    BOOST_TEST(verifies(key, use(stored(key))));
    BOOST_TEST(keys.opened() == 0u);
    BOOST_TEST(chip.counts().unseals == uses);
  }
}

BOOST_FIXTURE_TEST_CASE(the_least_recently_used_key_makes_room, TwoAtMost) {
  const auto first = create(), second = create(), third = create();
  (void)use(stored(first));
  (void)use(stored(second));
  (void)use(stored(first));
  (void)use(stored(third));
  BOOST_TEST(keys.opened() == 2u);
  const auto before = chip.counts().unseals;
  (void)use(stored(first));
  BOOST_TEST(chip.counts().unseals == before);
  (void)use(stored(second));
  BOOST_TEST(chip.counts().unseals == before + 1);
}

BOOST_AUTO_TEST_CASE(many_opened_keys_never_fill_the_secret_memory) {
  const auto key = create(KeyAlgorithm::rsa_4096);
  for (std::size_t i = 0; i < 300; ++i) {  // the same key by many names: to make so many takes minutes
    auto copy = std::make_shared<SealedKey>();
    tpm::SecretBytes secret(32);
    copy->id[0] = static_cast<std::byte>(i);
    copy->id[1] = static_cast<std::byte>(i >> 8);
    (void)value<tpm::SecretBytes>([&](Answer<tpm::SecretBytes> answer) {
      keys.use(
          stored(key), SealedKeys::Extent::once,
          [&](const SoftwareKey& opened) {
            opened.with_pkcs8([&](tpm::ByteView encoded) {
              copy->ciphertext = agent::seal_envelope(secret.view(), copy->id, encoded);
            });
            return tpm::SecretBytes();
          },
          {}, std::move(answer));
    });
    copy->secret = value<tpm::SealedSecret>([&](Answer<tpm::SealedSecret> answer) {
      tpm.submit<tpm::SealedSecret>(
          {}, [&](tpm::KeyDevice& device) { return device.seal(secret.view()); }, std::move(answer));
    });
    const auto used = use(copy, [](const SoftwareKey& opened) { return opened.rsa_private(tpm::Bytes(512)); });
    BOOST_REQUIRE(std::holds_alternative<tpm::SecretBytes>(used));
  }
  BOOST_TEST_MESSAGE(keys.opened() << " keys opened, " << agent::secret_memory::in_use() << " bytes");
  BOOST_TEST(keys.opened() > 100u);
  BOOST_TEST(keys.opened() <= 256u);
  BOOST_TEST(agent::secret_memory::in_use() < agent::secret_memory::capacity);
}

BOOST_AUTO_TEST_SUITE_END()
