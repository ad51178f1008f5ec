#pragma once

#include <functional>
#include <memory>
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
    return [done = std::move(done), answer = std::make_shared<Answer>(shared_from_this())](auto outcome) {
      done(std::move(outcome));
      answer->given();
    };
  }

  // At once, or after the answers that are awaited.
  void send(std::function<void()> signal);
  void close();

 private:
  class Answer {
   public:
    explicit Answer(std::shared_ptr<AnswerOrder> order) : order_(std::move(order)) { ++order_->awaited_; }
    ~Answer() { given(); }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    void given();

   private:
    std::shared_ptr<AnswerOrder> order_;
  };

  std::size_t awaited_ = 0;
  bool closed_ = false;
  std::vector<std::function<void()>> signals_;
};

}  // namespace edgeseal::dbus
