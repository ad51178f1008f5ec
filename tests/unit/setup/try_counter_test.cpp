#include "agent/setup/try_counter.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "jose/bytes.h"
#include "tests/unit/setup/device_run.h"

using namespace edgeseal;
using agent::Code;

namespace {

struct Fixture : test::Device {
  std::optional<test::DeviceRun> run{std::in_place, disk, chip};

  Fixture() { run->start(); }
  void restart() {
    run.reset();
    run.emplace(disk, chip).start();
  }
  void begin(const std::string& name, unsigned limit, const std::string& subject = "it") {
    (void)run->value<std::monostate>(
        [&](agent::Answer<std::monostate> answer) { run->tries.begin(name, subject, limit, std::move(answer)); });
  }
  unsigned take(const std::string& name, const std::string& subject = "it") {
    return run->value<unsigned>(
        [&](agent::Answer<unsigned> answer) { run->tries.take(name, subject, std::move(answer)); });
  }
  void burn(const std::string& name) {
    (void)run->value<std::monostate>(
        [&](agent::Answer<std::monostate> answer) { run->tries.burn(name, std::move(answer)); });
  }
  void require_none_left(const std::string& name) {
    BOOST_CHECK_EXCEPTION(take(name), agent::Error, test::has_code(Code::invalid_state));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(try_counter, Fixture)

BOOST_AUTO_TEST_CASE(as_many_tries_as_the_budget_has_and_no_more) {
  begin("pin", 3);
  BOOST_TEST(*run->tries.remaining("pin") == 3u);
  for (unsigned left = 3; left-- > 0;) BOOST_TEST(take("pin") == left);
  require_none_left("pin");
  BOOST_TEST(chip.anchor()->failed_tries == 3u);  // and what was refused cost nothing
}

BOOST_AUTO_TEST_CASE(a_hundred_who_try_at_once_share_the_tries) {
  begin("pin", 5);
  unsigned granted = 0, refused = 0;
  for (int i = 0; i < 100; ++i)
    run->tries.take("pin", "it", [&](const std::variant<unsigned, agent::Error>& outcome) {
      ++(std::holds_alternative<unsigned>(outcome) ? granted : refused);
    });
  run->run_until([&] { return granted + refused == 100; });
  BOOST_TEST(granted == 5u);
  BOOST_TEST(chip.anchor()->failed_tries == 5u);
}

BOOST_AUTO_TEST_CASE(a_restart_gives_no_try_back) {
  begin("pin", 3);
  (void)take("pin");
  restart();
  BOOST_TEST(*run->tries.remaining("pin") == 2u);
  BOOST_TEST(take("pin") == 1u);
}

BOOST_AUTO_TEST_CASE(a_try_that_the_disk_never_heard_of_is_lost) {
  begin("pin", 3);
  run.reset();
  auto anchor = *chip.anchor();
  ++anchor.failed_tries;
  chip.set_anchor(anchor);
  run.emplace(disk, chip).start();
  BOOST_TEST(*run->tries.remaining("pin") == 2u);
}

BOOST_AUTO_TEST_CASE(an_older_disk_gives_no_try_back) {
  begin("pin", 3);
  run.reset();
  save("before");
  run.emplace(disk, chip).start();
  (void)take("pin");
  (void)take("pin");
  run.reset();
  restore("before");
  run.emplace(disk, chip).start();
  BOOST_TEST(*run->tries.remaining("pin") == 1u);
}

BOOST_AUTO_TEST_CASE(tries_of_one_budget_leave_the_others) {
  begin("pin", 3);
  begin("password", 4);
  (void)take("password");
  (void)take("password");
  BOOST_TEST(*run->tries.remaining("pin") == 3u);
  BOOST_TEST(*run->tries.remaining("password") == 2u);
  restart();
  BOOST_TEST(*run->tries.remaining("pin") == 3u);
}

BOOST_AUTO_TEST_CASE(what_was_burnt_does_not_come_back_with_an_older_disk) {
  begin("password", 5);
  run.reset();
  save("before");
  run.emplace(disk, chip).start();
  burn("password");
  BOOST_TEST(!run->tries.remaining("password").has_value());
  BOOST_TEST(chip.anchor()->failed_tries == 5u);
  run.reset();
  restore("before");
  run.emplace(disk, chip).start();
  BOOST_TEST(*run->tries.remaining("password") == 0u);
  require_none_left("password");
}

BOOST_AUTO_TEST_CASE(tries_are_for_one_subject) {
  begin("password", 5, "the new hash");
  BOOST_CHECK_EXCEPTION((void)take("password", "an old hash"), agent::Error, test::has_code(Code::invalid_state));
  BOOST_TEST(*run->tries.remaining("password") == 5u);
}

BOOST_AUTO_TEST_CASE(a_counter_that_began_anew_leaves_no_try) {
  for (int i = 0; i < 2; ++i) {
    begin("pin", 5);
    (void)take("pin");
  }
  run.reset();
  chip.set_anchor(std::nullopt);
  run.emplace(disk, chip).start();
  BOOST_TEST(*run->tries.remaining("pin") == 0u);
}

BOOST_AUTO_TEST_CASE(who_fails_to_hear_of_a_try_keeps_no_other_from_his) {
  begin("pin", 3);
  const auto fail = [] { throw agent::Error(Code::state_unavailable, "he can't write it down"); };
  run->tries.take("pin", "it", [&](const auto&) { fail(); });
  BOOST_TEST(take("pin") == 1u);
  run->tries.check([&](const auto&) { fail(); });
  BOOST_TEST(take("pin") == 0u);
  agent::TryCounter told(run->state, run->seal, run->worker, fail);
  for (const char* name : {"first", "second"})
    (void)run->value<std::monostate>(
        [&](agent::Answer<std::monostate> answer) { told.begin(name, "it", 3, std::move(answer)); });
}

BOOST_AUTO_TEST_CASE(tries_that_somebody_forged_on_the_disk_are_none) {
  begin("pin", 1);
  (void)take("pin");
  const auto genuine = *run->state.record("tries");
  std::string text(reinterpret_cast<const char*>(genuine.data()), genuine.size());
  const auto limit = text.find("\"limit\":1");
  BOOST_TEST_REQUIRE(limit != std::string::npos);
  text[limit + 8] = '9';
  run->state.put_record("tries", std::as_bytes(std::span(text)));
  BOOST_TEST(!run->tries.remaining("pin").has_value());
  BOOST_CHECK_EXCEPTION((void)take("pin"), agent::Error, test::has_code(Code::security_checks_failed));
}

BOOST_AUTO_TEST_CASE(the_account_of_tries_stays_as_it_is_on_disks_of_earlier_versions) {
  begin("pin", 3);
  const agent::Bytes stored = *agent::SealedRecord(run->state, run->seal, "tries").read();
  BOOST_TEST(jose::text_of(stored) == R"({"budgets":{"pin":{"base":0,"limit":3,"subject":"it"}},"tries":0})");
}

BOOST_AUTO_TEST_CASE(tries_that_cannot_be_read_are_none_and_lock_out) {
  begin("pin", 2);
  (void)take("pin");
  for (const char* damage : {"", "{\"tries\":", "[]", R"({"tries":"1","budgets":{}})"}) {
    agent::SealedRecord(run->state, run->seal, "tries").write(jose::bytes_of(damage));
    BOOST_TEST(!run->tries.remaining("pin").has_value());
    BOOST_CHECK_EXCEPTION((void)take("pin"), agent::Error, test::has_code(Code::security_checks_failed));
    restart();
    BOOST_TEST(*run->tries.unaccounted());
  }
}

BOOST_AUTO_TEST_CASE(without_a_chip_that_counts_there_is_no_budget) {
  chip.set_anchor(std::nullopt);
  chip.set_owner_auth(tpm::Bytes{std::byte{1}});
  BOOST_CHECK_EXCEPTION(begin("pin", 3), agent::Error, [](const agent::Error& error) {
    return error.code() == Code::tpm_unavailable && std::string(error.what()).find("remedy") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_try_whose_answer_was_lost_is_counted_once) {
  begin("pin", 3);
  chip.lose_answer_once();
  BOOST_TEST(take("pin") == 2u);
  BOOST_TEST(chip.anchor()->failed_tries == 1u);
  BOOST_TEST(!*run->tries.unaccounted());
  BOOST_TEST(take("pin") == 1u);
  BOOST_TEST(chip.anchor()->failed_tries == 2u);
}

BOOST_AUTO_TEST_CASE(a_chip_that_fails_while_it_counts_gives_no_try) {
  begin("pin", 3);
  chip.fail(tpm::Fault::failed);
  BOOST_CHECK_THROW((void)take("pin"), agent::Error);
  chip.fail(std::nullopt);
  BOOST_TEST(take("pin") <= 2u);
}

BOOST_AUTO_TEST_SUITE_END()
