#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "dbus/service.h"
#include "tests/fakes/fake_ports.h"

namespace edgeseal::test {

// The service in an event loop as the agent's: one thread, poll_states() and process(). The ports belong to that
// thread: look at them by in_loop().
class ServiceThread {
 public:
  explicit ServiceThread(const dbus::ServiceSettings& settings = {},
                         std::function<void(dbus::fake::Ports&)> prepare = {});
  ~ServiceThread();
  ServiceThread(const ServiceThread&) = delete;
  ServiceThread& operator=(const ServiceThread&) = delete;

  // Runs `f` in the loop and waits for its result.
  template <class F>
  auto in_loop(F f) {
    std::packaged_task<decltype(f(ports_, *service_))()> task([&] { return f(ports_, *service_); });
    auto result = task.get_future();
    post([&] { task(); });
    return result.get();
  }

  // What a client leaves behind on the bus, the service hears of later. Whether it comes true; waits at most a minute.
  template <class F>
  [[nodiscard]] bool comes_true(F condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!in_loop(condition)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  // Ends the service, not the ports, as a stopping agent does.
  void end_service();

  // True when process() told that the bus is gone; waits for that at most two minutes.
  [[nodiscard]] bool wait_until_disconnected();

 private:
  void post(std::function<void()> job);
  void run();
  void run_jobs();
  void wait() const;

  dbus::fake::Ports ports_;
  std::unique_ptr<dbus::Service> service_;
  int wake_;
  std::mutex mutex_;  // guards jobs_
  std::vector<std::function<void()>> jobs_;
  bool stop_ = false;
  std::promise<void> disconnected_;
  std::thread thread_;
};

}  // namespace edgeseal::test
