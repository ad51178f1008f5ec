#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

// Signals that tell what a call has done come after its answer: OPC UA clients must get the response of ApplyChanges
// over the channel that the server then renegotiates (OPC 10000-12 §7.10.9). May outlive who sends the signals, who
// then calls close().
class AnswerOrder : public std::enable_shared_from_this<AnswerOrder> {
 public:
  // `done`, after which the signals of the call are sent. So they are where `done` is dropped uncalled.
  template <class T>
  [[nodiscard]] Completion<T> before_signals(Completion<T> done) {
    ++awaited_;
    return [answer = std::make_shared<Answer<T>>(shared_from_this(), std::move(done))](auto outcome) {
      answer->give(std::move(outcome));
    };
  }

  // At once, or after the answers that are awaited. Must not throw.
  void send(std::function<void()> signal);
  void close();

 private:
  template <class T>
  class Answer {
   public:
    Answer(std::shared_ptr<AnswerOrder> order, Completion<T> done) : order_(std::move(order)), done_(std::move(done)) {}
    ~Answer() { end(); }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;

    void give(std::variant<T, CallError> outcome) {
      if (done_) done_(std::move(outcome));
      end();
    }

   private:
    void end() {
      done_ = nullptr;  // a call that is dropped is answered, too
      if (const auto order = std::exchange(order_, nullptr)) order->answered();
    }

    std::shared_ptr<AnswerOrder> order_;
    Completion<T> done_;
  };

  void answered();

  std::size_t awaited_ = 0;
  bool closed_ = false;
  std::vector<std::function<void()>> signals_;
};

}  // namespace edgeseal::dbus
