#include <boost/test/unit_test.hpp>

#include "agent/keys/secret_memory.h"
#include "tests/unit/trust/trust_fixture.h"

namespace edgeseal::agent {
namespace {

Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

struct Fixture : test::TrustFixture {
  [[nodiscard]] bool holds(std::string_view kind, std::string_view name, const Bytes& sealed, const Bytes& value) {
    return seal->holds(kind, name, sealed, value);
  }
  const Bytes content = bytes_of("what a group trusts");
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(integrity_seal, Fixture)

BOOST_AUTO_TEST_CASE(a_seal_holds_for_what_was_sealed_and_nothing_else) {
  const Bytes value = seal->seal("list", "web/https", content);
  BOOST_TEST(value.size() == 32u);
  BOOST_TEST(holds("list", "web/https", content, value));
  BOOST_TEST(!holds("rule", "web/https", content, value));
  BOOST_TEST(!holds("list", "web/tls", content, value));
  BOOST_TEST(!holds("listw", "eb/https", content, value));
  BOOST_TEST(!holds("list", "web/https", bytes_of("what a group trustS"), value));
  BOOST_TEST(!holds("list", "web/https", {}, value));
  BOOST_TEST(!holds("list", "web/https", content, {}));
  for (std::size_t i = 0; i < value.size(); ++i) {
    Bytes changed_value = value;
    changed_value[i] ^= std::byte{1};
    BOOST_TEST(!holds("list", "web/https", content, changed_value));
  }
}

BOOST_AUTO_TEST_CASE(it_holds_after_a_restart_with_one_unsealing) {
  const Bytes value = seal->seal("list", "web/https", content);
  const auto unseals = chip.counts().unseals;
  restart();
  BOOST_TEST(holds("list", "web/https", content, value));
  BOOST_TEST(chip.counts().unseals == unseals + 1);
  BOOST_TEST(chip.counts().seals == 1u);
}

BOOST_AUTO_TEST_CASE(before_the_tpm_has_opened_the_key_nothing_is_sealed_or_checked) {
  begin();
  BOOST_TEST(!seal->is_open());
  BOOST_CHECK_EXCEPTION((void)seal->seal("list", "web/https", content), Error, test::has_code(Code::tpm_unavailable));
  BOOST_CHECK_EXCEPTION((void)holds("list", "web/https", content, content), Error,
                        test::has_code(Code::tpm_unavailable));
}

BOOST_AUTO_TEST_CASE(who_asks_while_the_tpm_is_at_it_is_answered_with_the_first) {
  begin();
  int answers = 0;
  const auto before = opened;
  for (int i = 0; i < 3; ++i)
    seal->prepare([&](const std::variant<std::monostate, Error>& outcome) {
      answers += std::holds_alternative<std::monostate>(outcome) ? 1 : 100;
    });
  run_until([&] { return answers >= 3; });
  BOOST_TEST(answers == 3);
  BOOST_TEST(opened == before + 1);
}

BOOST_AUTO_TEST_CASE(what_fails_when_it_is_open_keeps_no_answer_away) {
  lists.reset();
  seal.emplace(*state, worker, [] { throw Error(Code::security_checks_failed, "a certificate was damaged"); });
  prepare_seal();
  BOOST_TEST(seal->is_open());
}

BOOST_AUTO_TEST_CASE(what_the_tpm_refuses_is_answered_and_tried_again) {
  begin();
  chip.fail_once(tpm::Fault::failed);
  const auto refused = outcome<std::monostate>([&](auto answer) { seal->prepare(std::move(answer)); });
  BOOST_TEST(std::holds_alternative<Error>(refused));
  BOOST_TEST(!seal->is_open());
  prepare_seal();
  BOOST_TEST(seal->is_open());
}

BOOST_AUTO_TEST_CASE(a_key_that_could_not_be_written_seals_nothing) {
  test::TemporaryDirectory other;
  std::optional<State> fresh(std::in_place, other.file("state"));
  IntegritySeal lost(*fresh, worker, [] {});
  Database(other.file("state") + "/state.db").execute("DROP TABLE fact; CREATE TABLE fact(name TEXT) STRICT");
  const auto refused = outcome<std::monostate>([&](auto answer) { lost.prepare(std::move(answer)); });
  BOOST_TEST(std::holds_alternative<Error>(refused));
  BOOST_TEST(!lost.is_open());
}

BOOST_AUTO_TEST_CASE(the_seal_of_one_chip_is_not_that_of_another) {
  const auto key = *state->seal_key();
  test::FakeTpm other;
  BOOST_CHECK_THROW((void)other.open()->unseal(key), tpm::Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
