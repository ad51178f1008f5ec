#include "agent/background_worker.h"

#include <signal.h>

#include <latch>
#include <thread>

#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

using namespace edgeseal;
using agent::BackgroundWorker;
using agent::Code;

namespace {

struct Fixture : test::LoopFixture {
  template <class Result>
  std::variant<Result, agent::Error> run(std::function<Result()> work) {
    return outcome<Result>([&](agent::Answer<Result> answer) { worker.submit<Result>(std::move(work), answer); });
  }

  BackgroundWorker worker{loop};
};

// The thread stands at a gate, so that everything else waits.
struct Gate : Fixture {
  Gate() {
    BOOST_TEST_REQUIRE(worker.submit([this] { entered.count_down(), gate.wait(); }));
    entered.wait();
  }
  ~Gate() {
    if (!gate.try_wait()) gate.count_down();
  }

  std::latch entered{1}, gate{1};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(background_worker)

BOOST_FIXTURE_TEST_CASE(work_is_done_in_another_thread_and_answered_in_the_loop, Fixture) {
  const auto here = std::this_thread::get_id();
  std::optional<std::thread::id> done_in, answered_in;
  worker.submit<std::thread::id>([] { return std::this_thread::get_id(); },
                                 [&](const auto& result) {
                                   done_in = std::get<std::thread::id>(result);
                                   answered_in = std::this_thread::get_id();
                                 });
  run_until([&] { return answered_in.has_value(); });
  BOOST_TEST((*answered_in == here));
  BOOST_TEST((*done_in != here));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_answered_yet_is_pending, Gate) {
  bool answered = false;
  worker.submit<int>([] { return 1; }, [&](const auto&) { answered = true; });
  BOOST_TEST(worker.pending() == 1u);  // for what is at the gate nobody waits
  gate.count_down();
  run_until([&] { return answered; });
  BOOST_TEST(worker.pending() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_work_throws_is_its_answer, Fixture) {
  BOOST_TEST((std::get<agent::Error>(run<int>([]() -> int { throw agent::Error(Code::not_found, "no"); })).code() ==
              Code::not_found));
  BOOST_TEST((std::get<agent::Error>(run<int>([]() -> int { throw std::runtime_error("no"); })).code() ==
              Code::internal_error));
  BOOST_TEST(std::get<int>(run<int>([] { return 7; })) == 7);
}

BOOST_FIXTURE_TEST_CASE(work_that_nobody_waits_for_ends_with_whatever_it_throws, Fixture) {
  BOOST_TEST(worker.submit([] { throw std::runtime_error("no"); }));
  BOOST_TEST(std::get<int>(run<int>([] { return 7; })) == 7);
}

BOOST_FIXTURE_TEST_CASE(a_result_may_be_one_that_cannot_be_copied, Fixture) {
  auto result = std::optional<std::unique_ptr<int>>();
  worker.submit<std::unique_ptr<int>>([] { return std::make_unique<int>(7); },
                                      [&](auto answer) { result = std::get<0>(std::move(answer)); });
  run_until([&] { return result.has_value(); });
  BOOST_TEST(**result == 7);
}

BOOST_FIXTURE_TEST_CASE(what_work_holds_is_gone_before_the_answer, Fixture) {
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = held;
  BOOST_TEST(std::get<int>(run<int>([held = std::move(held)] { return *held; })) == 7);
  BOOST_TEST(watched.expired());
}

BOOST_FIXTURE_TEST_CASE(tasks_are_done_in_the_order_in_which_they_came, Gate) {
  std::vector<int> order;
  for (int i = 0; i < 10; ++i)
    worker.submit<int>([i] { return i; }, [&](const auto& result) { order.push_back(std::get<int>(result)); });
  gate.count_down();
  run_until([&] { return order.size() == 10; });
  BOOST_TEST(std::ranges::is_sorted(order));
}

BOOST_FIXTURE_TEST_CASE(the_queue_is_bounded, Gate) {
  for (std::size_t i = 0; i < BackgroundWorker::max_waiting; ++i) BOOST_TEST_REQUIRE(worker.submit([] {}));
  BOOST_TEST(!worker.submit([] {}));
  BOOST_CHECK_EXCEPTION(worker.submit<int>([] { return 7; }, [](const auto&) {}), agent::Error,
                        test::has_code(Code::busy));
  gate.count_down();
  run_until([&] { return worker.submit([] {}); });
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_the_task_at_hand_and_answers_nothing_more) {
  test::LoopFixture fixture;
  std::latch entered(1), gate(1);
  bool finished = false, answered = false;
  std::optional<BackgroundWorker> worker(std::in_place, fixture.loop);
  worker->submit<int>([&] { return entered.count_down(), gate.wait(), finished = true, 7; },
                      [&](const auto&) { answered = true; });
  entered.wait();
  {
    const std::jthread opener([&] { gate.count_down(); });
    worker.reset();
  }
  BOOST_TEST(finished);
  fixture.loop.run_once(std::chrono::milliseconds(0));
  BOOST_TEST(!answered);
}

BOOST_AUTO_TEST_CASE(work_ends_before_what_it_uses_goes) {
  test::LoopFixture fixture;
  std::latch entered(1), gate(1);
  bool used = false, answered = false;
  BackgroundWorker worker(fixture.loop);
  {
    const std::jthread opener([&] { entered.wait(), gate.count_down(); });
    const auto name = std::make_unique<std::string>("what it uses");
    const BackgroundWorker::End end(worker);
    worker.submit<int>([&] { return entered.count_down(), gate.wait(), used = !name->empty(), 7; },
                       [&](const auto&) { answered = true; });
    entered.wait();
  }
  BOOST_TEST(used);
  BOOST_TEST(!worker.submit([] {}));
  BOOST_CHECK_EXCEPTION(worker.submit<int>([] { return 7; }, [](const auto&) {}), agent::Error,
                        test::has_code(Code::busy));
  fixture.loop.run_once(std::chrono::milliseconds(0));
  BOOST_TEST(!answered);
}

BOOST_FIXTURE_TEST_CASE(signals_are_left_to_the_loop, Fixture) {
  const auto blocked = [] {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return ::sigismember(&mask, SIGTERM);
  };
  BOOST_TEST(std::get<int>(run<int>(blocked)) == 1);
  BOOST_TEST(blocked() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
