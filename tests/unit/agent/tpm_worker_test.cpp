#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/fakes/fake_journal.h"
#include "tests/unit/agent/core.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Answer;
using agent::Code;
using agent::TpmHealth;
using agent::TpmWorker;
using test::Core;

namespace {

int create_key(tpm::KeyDevice& device) {
  (void)device.create(tpm::KeyAlgorithm::ec_p256);
  return 1;
}

TpmWorker::Limits quick() {
  TpmWorker::Limits limits;
  limits.reopen_pause = 1ms;
  return limits;
}

struct Fixture : Core {
  Fixture() : Core(quick()) {}

  std::variant<int, agent::Error> run(const TpmWorker::Ticket& ticket = {}) {
    return outcome<int>([&](Answer<int> answer) { worker.submit<int>(ticket, create_key, std::move(answer)); });
  }
  static Code code_of(const std::variant<int, agent::Error>& result) { return std::get<agent::Error>(result).code(); }
  void wait_for(TpmHealth health) {
    run_until([&] { return worker.state().health == health; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tpm_worker, Fixture)

BOOST_AUTO_TEST_CASE(the_device_is_opened_without_being_asked_and_its_facts_are_known) {
  BOOST_TEST(worker.state().awaited);
  wait_for(TpmHealth::ready);
  BOOST_TEST(!worker.state().awaited);
  BOOST_TEST(!worker.state().facts.manufacturer.empty());
  BOOST_TEST(health_changes == 1);
}

BOOST_AUTO_TEST_CASE(the_journal_says_once_that_answers_are_not_encrypted) {
  wait_for(TpmHealth::ready);
  (void)test::take_journal();
  tpm::TpmFacts facts = worker.state().facts;
  facts.encrypts_responses = false;
  chip.set_facts(facts);
  for (int opening = 1; opening <= 2; ++opening) {
    chip.fail_once(tpm::Fault::transport);
    BOOST_TEST(std::get<int>(run()) == 1);
  }
  BOOST_TEST(chip.counts().opens == 3u);
  BOOST_TEST(std::ranges::count_if(test::take_journal(), [](const test::JournalEntry& entry) {
               return entry.at("MESSAGE_ID") == "e9ba5901ad2b46ffa1643a5d6eabc516" && entry.at("PRIORITY") == "4";
             }) == 1);
}

BOOST_AUTO_TEST_CASE(no_tpm_is_an_answer_and_a_tpm_that_comes_later_is_used) {
  wait_for(TpmHealth::ready);
  chip.fail_opening(tpm::Fault::absent);
  chip.fail_once(tpm::Fault::transport);  // it is taken away
  const auto refused = run();
  BOOST_TEST((code_of(refused) == Code::tpm_unavailable));
  BOOST_TEST(std::string(std::get<agent::Error>(refused).what()).find("TPM absent: ") == 0u);
  chip.fail_opening(std::nullopt);
  wait_for(TpmHealth::ready);
  BOOST_TEST(std::get<int>(run()) == 1);
}

BOOST_AUTO_TEST_CASE(a_busy_chip_is_a_typed_refusal) {
  wait_for(TpmHealth::ready);
  chip.fail(tpm::Fault::busy);
  BOOST_TEST((code_of(run()) == Code::busy));
  wait_for(TpmHealth::busy);
  chip.fail(std::nullopt);
  BOOST_TEST(std::get<int>(run()) == 1);
  wait_for(TpmHealth::ready);
}

BOOST_AUTO_TEST_CASE(after_a_failure_of_the_tss_the_device_is_opened_again_and_the_task_repeated) {
  wait_for(TpmHealth::ready);
  chip.fail_once(tpm::Fault::transport);
  BOOST_TEST(std::get<int>(run()) == 1);
  BOOST_TEST(chip.counts().opens == 2u);
}

BOOST_AUTO_TEST_CASE(a_chip_that_does_not_answer_costs_the_time_limit_and_nothing_more) {
  wait_for(TpmHealth::ready);
  chip.block();
  TpmWorker::Ticket ticket;
  ticket.time_limit = 50ms;
  BOOST_TEST((code_of(run(ticket)) == Code::busy));
  chip.release();
  BOOST_TEST(std::get<int>(run()) == 1);
}

BOOST_AUTO_TEST_CASE(a_task_that_nobody_waits_for_any_more_costs_no_command) {
  wait_for(TpmHealth::ready);
  chip.block();
  TpmWorker::Ticket ticket;
  ticket.time_limit = 20ms;
  int answered = 0;
  for (int i = 0; i < 5; ++i)
    worker.submit<int>(ticket, create_key, [&](std::variant<int, agent::Error>) { ++answered; });
  chip.wait_until_blocked();
  run_until([&] { return answered == 5; });
  chip.release();
  BOOST_TEST(std::get<int>(run()) == 1);
  BOOST_TEST(chip.counts().creations == 2u);  // the one that was in the chip, and the last one
}

BOOST_AUTO_TEST_CASE(who_fails_to_take_his_refusal_keeps_nobody_else_from_his) {
  wait_for(TpmHealth::ready);
  chip.block();
  TpmWorker::Ticket ticket;
  ticket.time_limit = 20ms;
  int answered = 0;
  for (int i = 0; i < 3; ++i)
    worker.submit<int>(ticket, create_key, [&](const std::variant<int, agent::Error>&) {
      ++answered;
      throw std::runtime_error("he can't write it down");
    });
  run_until([&] { return answered == 3; });
  chip.release();
}

BOOST_AUTO_TEST_CASE(use_goes_before_creation_and_clients_take_turns) {
  wait_for(TpmHealth::ready);
  chip.block();
  std::vector<int> order;
  const auto submit = [&](TpmWorker::Priority priority, std::uint64_t client, int mark) {
    worker.submit<int>(
        {priority, client, 10s}, [mark](tpm::KeyDevice& device) { return create_key(device) * mark; },
        [&order](const std::variant<int, agent::Error>& result) { order.push_back(std::get<int>(result)); });
  };
  submit(TpmWorker::Priority::use, 9, 1);
  chip.wait_until_blocked();
  submit(TpmWorker::Priority::create, 1, 50);
  for (const int mark : {11, 12, 13}) submit(TpmWorker::Priority::use, 1, mark);
  submit(TpmWorker::Priority::use, 2, 21);
  chip.release();
  run_until([&] { return order.size() == 6; });
  BOOST_TEST(order == (std::vector<int>{1, 11, 21, 12, 13, 50}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sealing_stands_between_use_and_creation) {
  wait_for(TpmHealth::ready);
  chip.block();
  std::vector<int> order;
  const auto submit = [&](TpmWorker::Priority priority, int mark) {
    worker.submit<int>(
        {priority, 1, 10s}, [mark](tpm::KeyDevice& device) { return create_key(device) * mark; },
        [&order](const std::variant<int, agent::Error>& result) { order.push_back(std::get<int>(result)); });
  };
  submit(TpmWorker::Priority::use, 1);
  chip.wait_until_blocked();
  submit(TpmWorker::Priority::create, 4);
  submit(TpmWorker::Priority::seal, 3);
  submit(TpmWorker::Priority::use, 2);
  chip.release();
  run_until([&] { return order.size() == 4; });
  BOOST_TEST(order == (std::vector<int>{1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(neither_sealing_nor_creation_starves_under_a_load_that_never_ends) {
  TpmWorker::Limits limits;
  limits.queue_per_client = 1000;
  Core core(limits);
  core.run_until([&] { return core.worker.state().health == TpmHealth::ready; });
  core.chip.block();
  int uses = 0, uses_before_seal = -1, uses_before_creation = -1;
  const auto submit = [&](TpmWorker::Priority priority, const std::function<void()>& done) {
    core.worker.submit<int>({priority, 1, 10s}, create_key, [done](const std::variant<int, agent::Error>&) { done(); });
  };
  for (int i = 0; i < 500; ++i) submit(TpmWorker::Priority::use, [&] { ++uses; });
  core.chip.wait_until_blocked();
  submit(TpmWorker::Priority::seal, [&] { uses_before_seal = uses; });
  submit(TpmWorker::Priority::create, [&] { uses_before_creation = uses; });
  core.chip.release();
  core.run_until([&] { return uses == 500; });
  BOOST_TEST(uses_before_seal > 0);
  BOOST_TEST(uses_before_seal <= 102);
  BOOST_TEST(uses_before_creation > 0);
  BOOST_TEST(uses_before_creation <= 102);
}

BOOST_AUTO_TEST_CASE(a_busy_refusal_says_when_to_try_again) {
  wait_for(TpmHealth::ready);
  chip.block();
  TpmWorker::Ticket ticket;
  ticket.time_limit = 20ms;
  const auto refused = run(ticket);
  chip.release();
  BOOST_TEST((code_of(refused) == Code::busy));
  BOOST_TEST((std::get<agent::Error>(refused).retry_after() > 0ms));
  BOOST_TEST(std::string(std::get<agent::Error>(refused).what()).find("try again in ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chip_that_was_busy_is_asked_again_though_nobody_wants_anything) {
  wait_for(TpmHealth::ready);
  chip.fail(tpm::Fault::busy);
  (void)run();
  wait_for(TpmHealth::busy);
  chip.fail(std::nullopt);
  wait_for(TpmHealth::ready);
}

BOOST_AUTO_TEST_CASE(a_locked_out_chip_stays_so_until_it_says_otherwise) {
  wait_for(TpmHealth::ready);
  chip.set_lockout(tpm::Lockout{true, 5, 5, 600s});
  chip.fail_once(tpm::Fault::locked_out);
  BOOST_TEST((code_of(run()) == Code::tpm_unavailable));
  wait_for(TpmHealth::locked_out);
  chip.set_lockout({});
  wait_for(TpmHealth::ready);
}

BOOST_AUTO_TEST_CASE(a_chip_that_nobody_uses_is_sent_a_command_now_and_then_and_stays_as_well_as_it_was) {
  TpmWorker::Limits limits;
  limits.idle = 1ms;
  Core core(limits);
  core.chip.set_lockout(tpm::Lockout{true, 5, 5, 600s});  // of others: keys are exempt
  core.run_until([&] { return core.worker.state().health == TpmHealth::ready; });
  core.run_until([&] { return core.chip.counts().lockout_reads >= 3; });
  BOOST_TEST((core.worker.state().health == TpmHealth::ready));
}

BOOST_AUTO_TEST_CASE(a_chip_that_goes_while_nobody_uses_it_is_absent) {
  TpmWorker::Limits limits = quick();
  limits.idle = 1ms;
  Core core(limits);
  core.run_until([&] { return core.worker.state().health == TpmHealth::ready; });
  core.chip.fail_opening(tpm::Fault::absent);
  core.chip.fail_once(tpm::Fault::transport);
  core.run_until([&] { return core.worker.state().health == TpmHealth::absent; });
  core.chip.fail_opening(std::nullopt);
  core.run_until([&] { return core.worker.state().health == TpmHealth::ready; });
}

BOOST_AUTO_TEST_CASE(a_chip_whose_uses_take_long_is_slow_and_goes_on) {
  TpmWorker::Limits limits;
  limits.slow = 1ms;
  Core core(limits);
  core.run_until([&] { return core.worker.state().health == TpmHealth::ready; });
  core.chip.block();
  bool done = false;
  core.worker.submit<int>({}, create_key, [&](const std::variant<int, agent::Error>& result) {
    done = std::holds_alternative<int>(result);
  });
  core.chip.wait_until_blocked();
  const auto until = std::chrono::steady_clock::now() + 5ms;
  while (std::chrono::steady_clock::now() < until) continue;  // what makes the chip slow
  core.chip.release();
  core.run_until([&] { return done && core.worker.state().health == TpmHealth::slow; });
  BOOST_TEST(!core.worker.state().detail.empty());
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_one_client_before_all) {
  TpmWorker::Limits limits;
  limits.queue = 6;
  limits.queue_per_client = 4;
  Core core(limits);
  core.run_until([&] { return core.worker.state().health == TpmHealth::ready; });
  core.chip.block();
  int answered = 0;
  const auto submit = [&](std::uint64_t client) {
    core.worker.submit<int>({TpmWorker::Priority::use, client, 10s}, create_key,
                            [&](std::variant<int, agent::Error>) { ++answered; });
  };
  submit(1);
  core.chip.wait_until_blocked();
  for (int i = 0; i < 4; ++i) submit(1);
  BOOST_CHECK_EXCEPTION(submit(1), agent::Error, test::has_code(Code::busy));
  submit(2);
  submit(2);
  BOOST_CHECK_EXCEPTION(submit(3), agent::Error, test::has_code(Code::busy));
  core.chip.release();
  core.run_until([&] { return answered == 7; });
}

BOOST_AUTO_TEST_CASE(a_chip_that_never_comes_back_does_not_hold_up_the_end) {
  wait_for(TpmHealth::ready);
  chip.block();
  worker.submit<int>({}, create_key, [](std::variant<int, agent::Error>) {});
  chip.wait_until_blocked();
  BOOST_TEST(!worker.stop(20ms));
  chip.release();
  BOOST_TEST(worker.stop(10s));
}

BOOST_AUTO_TEST_SUITE_END()
