#include "enroll/cmp/polling.h"

#include <condition_variable>
#include <mutex>

#include "enroll/error.h"
#include "enroll/retry_after.h"

namespace edgeseal::enroll::cmp {
namespace {

using std::chrono::seconds;

class DeviceTimer final : public Timer {
 public:
  std::chrono::steady_clock::time_point now() override { return std::chrono::steady_clock::now(); }

  void wait(seconds duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    (void)stopped.wait_for(lock, stop, duration, [] { return false; });
  }
};

seconds interval(std::optional<std::int64_t> check_after) {
  return check_after && *check_after >= 0 ? bounded_retry(seconds(*check_after)) : default_retry;
}

}  // namespace

Timer& device_timer() {
  static DeviceTimer timer;
  return timer;
}

void Polling::wait(std::optional<std::int64_t> check_after, const std::stop_token& stop) {
  const seconds pause = interval(check_after);
  if (timer_.now() + pause > end_)
    throw Error(ErrorClass::waiting, "the CMP server has not decided on the request in the time that it was given",
                pause);
  timer_.wait(pause, stop);
  if (stop.stop_requested()) throw Error(ErrorClass::cancelled, "the enrolment was cancelled");
}

}  // namespace edgeseal::enroll::cmp
