#pragma once

#include <pthread.h>

namespace edgeseal::provider {

// While it lives, pthread_cancel() does not end the thread at a call that waits: descriptors and secrets would stay.
class Uncancellable {
 public:
  Uncancellable() noexcept { static_cast<void>(::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_)); }
  Uncancellable(const Uncancellable&) = delete;
  Uncancellable& operator=(const Uncancellable&) = delete;
  ~Uncancellable() { static_cast<void>(::pthread_setcancelstate(before_, nullptr)); }

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace edgeseal::provider
