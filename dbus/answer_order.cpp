#include "dbus/answer_order.h"

#include <utility>

namespace edgeseal::dbus {

void AnswerOrder::send(std::function<void()> signal) {
  if (closed_) return;
  if (awaited_ == 0) return signal();
  signals_.push_back(std::move(signal));
}

void AnswerOrder::close() {
  closed_ = true;
  signals_.clear();
}

void AnswerOrder::answered() {
  if (--awaited_ != 0) return;
  for (const auto& signal : std::exchange(signals_, {})) signal();
}

}  // namespace edgeseal::dbus
