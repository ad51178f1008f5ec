#include "tests/bench/load.h"

#include <unistd.h>

#include <exception>
#include <latch>
#include <thread>

#include "tests/bench/processor_time.h"

namespace edgeseal::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<Duration> repeat_until(Clock::time_point end, const Operation& operation) {
  std::vector<Duration> latencies;
  for (auto begin = Clock::now(); begin < end;) {
    operation();
    const auto answered = Clock::now();
    latencies.push_back(answered - begin);
    begin = answered;
  }
  return latencies;
}

}  // namespace

Load run_clients(const std::vector<Operation>& clients, Duration time) {
  Load load;
  load.latencies.resize(clients.size());
  std::vector<std::exception_ptr> failures(clients.size());
  std::latch ready(static_cast<std::ptrdiff_t>(clients.size()) + 1);
  const auto work = [&](std::size_t client) {
    ready.arrive_and_wait();
    try {
      load.latencies[client] = repeat_until(Clock::now() + time, clients[client]);
    } catch (...) {
      failures[client] = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t client = 0; client < clients.size(); ++client) threads.emplace_back(work, client);
  ready.arrive_and_wait();
  const auto begin = Clock::now();
  const Duration used_before = processor_time(::getpid());
  threads.clear();  // joins
  load.elapsed = Clock::now() - begin;
  load.client_time = processor_time(::getpid()) - used_before;
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return load;
}

}  // namespace edgeseal::bench
