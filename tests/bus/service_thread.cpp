#include "tests/bus/service_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace edgeseal::test {
namespace {

constexpr int kLongestWait = 60'000;  // ms

int timeout_ms(const dbus::Service::PollState& state) {
  if (!state.deadline) return kLongestWait;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*state.deadline - now);
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, kLongestWait));
}

}  // namespace

ServiceThread::ServiceThread(const dbus::ServiceSettings& settings, std::function<void(dbus::fake::Ports&)> prepare)
    : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (prepare) prepare(ports_);
  service_ = std::make_unique<dbus::Service>(ports_.all(), settings);
  ports_.agent.on_created = [this](const auto& info) { service_->application_added(info); };
  ports_.agent.on_deleted = [this](const auto& name) { service_->application_removed(name); };
  ports_.agent.on_access = [this](const auto& name, const auto& access) { service_->access_changed(name, access); };
  ports_.transactions.on_applied = [this](const auto& name, const auto& groups, const auto& lists) {
    service_->changes_applied(name, groups, lists);
  };
  ports_.transactions.on_restart_required = [this](const auto& name) {
    service_->shutdown_requested(name, 5, "the certificate changes");
  };
  ports_.busy.on_changed = [this] { service_->busy_changed(); };
  ports_.busy.on_due = [this] { service_->contact_due(); };
  thread_ = std::thread([this] { run(); });
}

ServiceThread::~ServiceThread() {
  post([this] { stop_ = true; });
  thread_.join();
  close(wake_);
}

void ServiceThread::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  eventfd_write(wake_, 1);
}

void ServiceThread::run() {
  bool connected = true;
  while (!stop_) {
    wait();
    if (service_ && connected && !service_->process()) {
      connected = false;
      disconnected_.set_value();
    }
    run_jobs();
  }
  service_.reset();
}

void ServiceThread::wait() const {
  std::vector<pollfd> fds{{wake_, POLLIN, 0}};
  int timeout = kLongestWait;
  if (service_)
    for (const auto& state : service_->poll_states()) {
      fds.push_back({state.fd, state.events, 0});
      timeout = std::min(timeout, timeout_ms(state));
    }
  poll(fds.data(), fds.size(), timeout);
}

void ServiceThread::run_jobs() {
  eventfd_t count = 0;
  eventfd_read(wake_, &count);
  std::vector<std::function<void()>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs = std::exchange(jobs_, {});
  }
  for (const auto& job : jobs) job();
}

void ServiceThread::end_service() {
  std::promise<void> ended;
  post([&] {
    service_.reset();
    ended.set_value();
  });
  ended.get_future().wait();
}

bool ServiceThread::wait_until_disconnected() {
  return disconnected_.get_future().wait_for(std::chrono::minutes(2)) == std::future_status::ready;
}

}  // namespace edgeseal::test
