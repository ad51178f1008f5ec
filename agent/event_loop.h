#pragma once

#include <systemd/sd-event.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "policy/unique_fd.h"

namespace edgeseal::agent {

struct UnrefSource {
  void operator()(sd_event_source* source) const noexcept { sd_event_source_disable_unref(source); }
};
using SourceHandle = std::unique_ptr<sd_event_source, UnrefSource>;

// The one event loop (sd-event): sources live as long as their handle. Everything but post() belongs to the thread that
// runs it. An exception that leaves a callback is logged and the loop goes on. A source must not end inside its own
// callback.
class EventLoop {
 public:
  using Callback = std::function<void()>;
  using IoCallback = std::function<void(std::uint32_t events)>;  // epoll events
  using Time = std::chrono::microseconds;                        // CLOCK_MONOTONIC

  struct Dispatch;  // the C callbacks of sd-event

  class Source {
   public:
    void set_io_events(std::uint32_t events);
    // Before all others that are ready; otherwise in turn with them.
    void go_first(bool first);
    void set_time(Time at);
    void disable();
    // Called before each wait of the loop: for libraries whose poll mask changes (sd-bus).
    void set_prepare(Callback callback);

   private:
    friend class EventLoop;
    friend struct Dispatch;
    struct Callbacks {
      IoCallback io;
      Callback plain;
      Callback prepare;
    };
    std::unique_ptr<Callbacks> callbacks_;
    SourceHandle handle_;  // after the callbacks: its end stops them
  };

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  [[nodiscard]] Source add_io(int fd, std::uint32_t events, IoCallback callback);
  [[nodiscard]] Source add_timer(Callback callback);               // disabled until set_time()
  [[nodiscard]] Source add_signal(int signal, Callback callback);  // blocks the signal

  // Runs `task` in the loop's thread, after what is ready now. Any thread; from the loop's own it costs no system call.
  void post(Callback task);

  // Who was answered in this turn of the loop is likely to ask again at once. Where that came true the last time, the
  // loop looks out for a moment before it sleeps: a processor takes longer to wake up than to make a P-256 signature.
  void expect_more();

  [[nodiscard]] Time now() const;
  void watch();  // WATCHDOG=1 in time, where the service manager asks for it
  void run();    // until stop()
  void stop();
  // Handles what is ready now, waits at most `limit` for something; for tests.
  void run_once(Time limit);

 private:
  static Source make_source(IoCallback io, Callback plain);
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool is_own_thread() const {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  void run_posted();
  void run_own();
  // Each of them: true when something is to be dispatched.
  [[nodiscard]] bool prepare();
  [[nodiscard]] bool wait();
  [[nodiscard]] bool look();
  [[nodiscard]] bool look_until(Clock::time_point end);
  [[nodiscard]] bool sleep();

  sd_event* event_ = nullptr;
  std::atomic<std::thread::id> thread_;  // that runs the loop; none before
  policy::UniqueFd wake_;
  std::mutex mutex_;  // guards posted_
  std::vector<Callback> posted_;
  std::vector<Callback> own_, running_;  // posted by the loop's thread
  unsigned dispatched_ = 0;              // sources, while own_ waits
  bool expects_more_ = false;
  bool more_came_ = false;  // soon, when it was expected last
  Source wake_source_;
};

}  // namespace edgeseal::agent
