#include <signal.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/keys/software_worker.h"
#include "agent/openssl.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

using namespace edgeseal;
using agent::Answer;
using agent::Code;
using agent::SoftwareWorker;
using Effort = SoftwareWorker::Effort;

namespace {

struct Fixture : test::LoopFixture {
  template <class Result>
  std::variant<Result, agent::Error> run(SoftwareWorker& worker, Effort effort, std::function<Result()> work) {
    return outcome<Result>(
        [&](Answer<Result> answer) { worker.submit<Result>(1, effort, std::move(work), std::move(answer)); });
  }
};

std::set<std::string> threads_of_this_process() {
  std::set<std::string> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    threads.insert(entry.path().filename().string());
  return threads;
}

// How often the thread has gone to sleep since it began.
std::string times_asleep(const std::string& thread) {
  std::ifstream status("/proc/self/task/" + thread + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("voluntary_ctxt_switches:")) return line;
  return {};
}

struct OneThread : Fixture {
  OneThread() {
    worker.submit<int>(
        9, Effort::large, [this] { return entered.count_down(), gate.wait(), 0; }, count());
    entered.wait();
  }
  ~OneThread() {
    if (!gate.try_wait()) gate.count_down();
  }
  Answer<int> count() {
    return [this](const std::variant<int, agent::Error>& result) { answers.push_back(std::get<int>(result)); };
  }
  void submit(std::uint64_t client, int mark) {
    worker.submit<int>(
        client, Effort::large, [mark] { return mark; }, count());
  }

  std::latch entered{1}, gate{1};
  std::vector<int> answers;
  SoftwareWorker worker{loop, {1, 6, 4}};  // its thread stands at the gate
};

}  // namespace

BOOST_AUTO_TEST_SUITE(software_worker)

BOOST_FIXTURE_TEST_CASE(work_is_done_in_another_thread_and_answered_in_the_loop, Fixture) {
  SoftwareWorker worker(loop, {});
  const auto here = std::this_thread::get_id();
  std::thread::id answered_in;
  std::optional<std::thread::id> done_in;
  worker.submit<std::thread::id>(
      1, Effort::large, [] { return std::this_thread::get_id(); },
      [&](const auto& result) {
        answered_in = std::this_thread::get_id();
        done_in = std::get<std::thread::id>(result);
      });
  BOOST_TEST(worker.pending() == 1u);
  run_until([&] { return done_in.has_value(); });
  BOOST_TEST((answered_in == here));
  BOOST_TEST((*done_in != here));
  BOOST_TEST(worker.pending() == 0u);
}

BOOST_FIXTURE_TEST_CASE(stack_and_memory_of_libcrypto_are_secret, Fixture) {
  SoftwareWorker worker(loop, {});
  for (const Effort effort : {Effort::small, Effort::medium, Effort::large}) {
    const auto secret = run<bool>(worker, effort, [] {
      const int on_stack = 0;
      void* const allocated = OPENSSL_malloc(100);
      const bool both = agent::secret_memory::contains(&on_stack) && agent::secret_memory::contains(allocated);
      OPENSSL_free(allocated);
      return both;
    });
    BOOST_TEST(std::get<bool>(secret));
  }
}

// A thread that has just started may find the first tasks before it ever sleeps, hence the attempts.
BOOST_FIXTURE_TEST_CASE(one_short_task_wakes_no_other_thread, Fixture) {
  const auto before = threads_of_this_process();
  SoftwareWorker worker(loop, {});
  std::set<std::string> pool = threads_of_this_process();
  std::erase_if(pool, [&](const std::string& thread) { return before.contains(thread); });
  BOOST_TEST_REQUIRE(!pool.empty());
  const auto sleeps = [&] {
    std::vector<std::string> all;
    std::ranges::transform(pool, std::back_inserter(all), times_asleep);
    return all;
  };
  for (const Effort effort : {Effort::small, Effort::medium}) {
    bool none_woke = false;
    for (int attempt = 0; attempt < 100 && !none_woke; ++attempt) {
      const auto asleep = sleeps();
      bool here = true;
      for (int task = 0; task < 50; ++task) {
        const auto done_in = run<std::thread::id>(worker, effort, [] { return std::this_thread::get_id(); });
        here = here && std::get<std::thread::id>(done_in) == std::this_thread::get_id();
      }
      none_woke = here && sleeps() == asleep;
    }
    BOOST_TEST(none_woke);
  }
}

BOOST_FIXTURE_TEST_CASE(several_short_tasks_are_shared_with_the_pool, Fixture) {
  for (const Effort effort : {Effort::small, Effort::medium}) {
    SoftwareWorker worker(loop, {2, 16, 16});
    std::latch together(2);
    int answered = 0;
    for (int i = 0; i < 2; ++i)
      worker.submit<int>(
          1, effort, [&together] { return together.arrive_and_wait(), 0; }, [&](const auto&) { ++answered; });
    run_until([&] { return answered == 2; });
  }
}

BOOST_FIXTURE_TEST_CASE(no_signal_is_handled_there, Fixture) {
  SoftwareWorker worker(loop, {});
  const auto blocked = run<bool>(worker, Effort::large, [] {
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1;
  });
  BOOST_TEST(std::get<bool>(blocked));
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  BOOST_TEST(sigismember(&mask, SIGUSR1) == 0);
}

BOOST_FIXTURE_TEST_CASE(what_the_work_throws_is_the_answer, Fixture) {
  SoftwareWorker worker(loop, {});
  const auto refused =
      run<int>(worker, Effort::large, []() -> int { throw agent::Error(Code::invalid_argument, "no"); });
  BOOST_TEST((std::get<agent::Error>(refused).code() == Code::invalid_argument));
  const auto failed = run<int>(worker, Effort::large, []() -> int { throw std::runtime_error("oh"); });
  BOOST_TEST((std::get<agent::Error>(failed).code() == Code::internal_error));
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_throws_costs_no_other, OneThread) {
  worker.submit<int>(
      1, Effort::large, [] { return 1; }, [](const auto&) { throw std::runtime_error("oh"); });
  submit(1, 2);
  gate.count_down();
  run_until([&] { return answers.size() == 2; });
  BOOST_TEST(worker.pending() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_small_task_does_not_wait_for_a_large_one, OneThread) {
  worker.submit<int>(
      1, Effort::small, [] { return 1; }, count());
  run_until([&] { return answers.size() == 1; });
  BOOST_TEST(answers.front() == 1);
}

BOOST_FIXTURE_TEST_CASE(medium_tasks_that_find_the_pool_busy_are_done_in_the_loop_sooner_or_later, OneThread) {
  submit(1, 1);
  for (const int mark : {21, 22})
    worker.submit<int>(
        1, Effort::medium, [mark] { return mark; }, count());
  gate.count_down();
  run_until([&] { return answers.size() == 4; });
}

BOOST_FIXTURE_TEST_CASE(clients_take_turns, OneThread) {
  for (const int mark : {11, 12, 13}) submit(1, mark);
  submit(2, 21);
  gate.count_down();
  run_until([&] { return answers.size() == 5; });
  BOOST_TEST(answers == (std::vector<int>{0, 11, 21, 12, 13}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_full_queue_refuses_one_client_before_all, OneThread) {
  for (int i = 0; i < 4; ++i) submit(1, i);
  BOOST_CHECK_EXCEPTION(submit(1, 0), agent::Error, test::has_code(Code::busy));
  submit(2, 0);
  submit(2, 0);
  BOOST_CHECK_EXCEPTION(submit(3, 0), agent::Error, test::has_code(Code::busy));
  BOOST_TEST(worker.pending() == 7u);
  gate.count_down();
  run_until([&] { return answers.size() == 7; });
}

BOOST_FIXTURE_TEST_CASE(as_many_tasks_run_at_once_as_there_are_threads, Fixture) {
  SoftwareWorker worker(loop, {3, 16, 16});
  std::latch together(3);
  int answered = 0;
  for (int i = 0; i < 3; ++i)
    worker.submit<int>(
        1, Effort::large, [&together] { return together.arrive_and_wait(), 0; }, [&](const auto&) { ++answered; });
  run_until([&] { return answered == 3; });
}

BOOST_FIXTURE_TEST_CASE(its_end_does_not_answer_what_still_waits_and_gives_its_memory_back, Fixture) {
  const std::size_t before = agent::secret_memory::in_use();
  int answered = 0;
  {
    SoftwareWorker worker(loop, {1, 16, 16});
    for (int i = 0; i < 10; ++i)
      worker.submit<int>(
          1, Effort::large, [] { return 0; }, [&](const auto&) { ++answered; });
  }
  loop.run_once(std::chrono::milliseconds(0));
  BOOST_TEST(answered == 0);
  BOOST_TEST(agent::secret_memory::in_use() == before);
}

BOOST_FIXTURE_TEST_CASE(many_tasks_from_many_turns_of_the_loop_are_each_answered_once, Fixture) {
  SoftwareWorker worker(loop, {2, 64, 64});
  std::multiset<int> answers;
  int submitted = 0;
  const auto more = [&] {
    while (submitted < 2000 && worker.pending() < 8) {
      worker.submit<int>(
          1, std::array{Effort::small, Effort::medium, Effort::large}[static_cast<std::size_t>(submitted % 3)],
          [mark = submitted] { return mark; }, [&](const auto& result) { answers.insert(std::get<int>(result)); });
      ++submitted;
    }
  };
  run_until([&] { return more(), answers.size() == 2000; });
  BOOST_TEST(std::set<int>(answers.begin(), answers.end()).size() == 2000u);
}

BOOST_AUTO_TEST_SUITE_END()
