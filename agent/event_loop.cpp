#include "agent/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/by_itself.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::microseconds brief{100};  // of waits
constexpr unsigned longest_look = 32;            // sources that go before what the loop has posted to itself

void require(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

template <class Function, class... Arguments>
int guarded(const Function& function, Arguments... arguments) noexcept {
  by_itself("event handler", [&] { function(arguments...); });
  return 0;
}

}  // namespace

struct EventLoop::Dispatch {
  using Callbacks = Source::Callbacks;
  static int io(sd_event_source*, int, std::uint32_t events, void* callbacks) {
    return guarded(static_cast<Callbacks*>(callbacks)->io, events);
  }
  static int time(sd_event_source*, std::uint64_t, void* callbacks) {
    return guarded(static_cast<Callbacks*>(callbacks)->plain);
  }
  static int signal(sd_event_source*, const signalfd_siginfo*, void* callbacks) {
    return guarded(static_cast<Callbacks*>(callbacks)->plain);
  }
  static int prepare(sd_event_source*, void* callbacks) { return guarded(static_cast<Callbacks*>(callbacks)->prepare); }
};

void EventLoop::Source::set_io_events(std::uint32_t events) {
  require(sd_event_source_set_io_events(handle_.get(), events), "sd_event_source_set_io_events");
}

void EventLoop::Source::go_first(bool first) {
  require(sd_event_source_set_priority(handle_.get(), first ? SD_EVENT_PRIORITY_IMPORTANT : SD_EVENT_PRIORITY_NORMAL),
          "sd_event_source_set_priority");
}

void EventLoop::Source::set_time(Time at) {
  require(sd_event_source_set_time(handle_.get(), static_cast<std::uint64_t>(at.count())), "sd_event_source_set_time");
  require(sd_event_source_set_enabled(handle_.get(), SD_EVENT_ONESHOT), "sd_event_source_set_enabled");
}

void EventLoop::Source::disable() {
  require(sd_event_source_set_enabled(handle_.get(), SD_EVENT_OFF), "sd_event_source_set_enabled");
}

void EventLoop::Source::set_prepare(Callback callback) {
  callbacks_->prepare = std::move(callback);
  require(sd_event_source_set_prepare(handle_.get(), Dispatch::prepare), "sd_event_source_set_prepare");
}

EventLoop::Source EventLoop::make_source(IoCallback io, Callback plain) {
  Source source;
  source.callbacks_ = std::make_unique<Source::Callbacks>(Source::Callbacks{std::move(io), std::move(plain), {}});
  return source;
}

EventLoop::EventLoop() {
  require(sd_event_new(&event_), "sd_event_new");
  wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  require(wake_ ? 0 : -errno, "eventfd");
  wake_source_ = add_io(wake_.get(), EPOLLIN, [this](std::uint32_t) { run_posted(); });
}

EventLoop::~EventLoop() {
  wake_source_ = {};
  sd_event_unref(event_);
}

EventLoop::Source EventLoop::add_io(int fd, std::uint32_t events, IoCallback callback) {
  Source source = make_source(std::move(callback), {});
  sd_event_source* handle = nullptr;
  require(sd_event_add_io(event_, &handle, fd, events, Dispatch::io, source.callbacks_.get()), "sd_event_add_io");
  source.handle_.reset(handle);
  return source;
}

EventLoop::Source EventLoop::add_timer(Callback callback) {
  Source source = make_source({}, std::move(callback));
  sd_event_source* handle = nullptr;
  require(sd_event_add_time(event_, &handle, CLOCK_MONOTONIC, 0, 1000, Dispatch::time, source.callbacks_.get()),
          "sd_event_add_time");
  source.handle_.reset(handle);
  source.disable();
  return source;
}

EventLoop::Source EventLoop::add_signal(int signal, Callback callback) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, signal);
  require(-pthread_sigmask(SIG_BLOCK, &mask, nullptr), "pthread_sigmask");
  Source source = make_source({}, std::move(callback));
  sd_event_source* handle = nullptr;
  require(sd_event_add_signal(event_, &handle, signal, Dispatch::signal, source.callbacks_.get()),
          "sd_event_add_signal");
  source.handle_.reset(handle);
  return source;
}

// Only the first wakes the loop, which takes all of them.
void EventLoop::post(Callback task) {
  if (is_own_thread()) return own_.push_back(std::move(task));
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) eventfd_write(wake_.get(), 1);
}

void EventLoop::run_posted() {
  eventfd_t count = 0;
  eventfd_read(wake_.get(), &count);
  std::vector<Callback> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const Callback& task : tasks) guarded(task);
}

void EventLoop::run_own() {
  dispatched_ = 0;
  running_.swap(own_);
  for (const Callback& task : running_) guarded(task);
  running_.clear();
}

EventLoop::Time EventLoop::now() const {
  std::uint64_t now = 0;
  require(sd_event_now(event_, CLOCK_MONOTONIC, &now), "sd_event_now");
  return Time(now);
}

void EventLoop::watch() {
  require(sd_event_set_watchdog(event_, 1), "sd_event_set_watchdog");
}

void EventLoop::run() {
  thread_ = std::this_thread::get_id();
  while (sd_event_get_state(event_) != SD_EVENT_FINISHED) {
    const bool ready = prepare() || wait();
    if (ready) require(sd_event_dispatch(event_), "sd_event_dispatch");
    if (!own_.empty() && (!ready || ++dispatched_ == longest_look)) run_own();
  }
}

bool EventLoop::prepare() {
  const int ready = sd_event_prepare(event_);
  require(ready, "sd_event_prepare");
  return ready > 0;
}

void EventLoop::expect_more() {
  static const bool several_processors = std::thread::hardware_concurrency() > 1;
  expects_more_ = several_processors;
}

bool EventLoop::wait() {
  if (!own_.empty()) return look();
  if (!std::exchange(expects_more_, false)) return sleep();
  const auto begin = Clock::now();
  const bool ready = (more_came_ && look_until(begin + brief)) || sleep();
  more_came_ = Clock::now() - begin < brief;
  return ready;
}

bool EventLoop::look_until(Clock::time_point end) {
  while (Clock::now() < end)
    if (look() || prepare()) return true;  // a wait without events undoes the preparation
  return false;
}

bool EventLoop::look() {
  const int ready = sd_event_wait(event_, 0);
  require(ready, "sd_event_wait");
  return ready > 0;
}

bool EventLoop::sleep() {
  const int ready = sd_event_wait(event_, UINT64_MAX);
  require(ready, "sd_event_wait");
  return ready > 0;
}

void EventLoop::stop() {
  require(sd_event_exit(event_, 0), "sd_event_exit");
}

void EventLoop::run_once(Time limit) {
  thread_ = std::this_thread::get_id();
  require(sd_event_run(event_, own_.empty() ? static_cast<std::uint64_t>(limit.count()) : 0), "sd_event_run");
  run_own();
}

}  // namespace edgeseal::agent
