#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "dbus/ports.h"

namespace edgeseal::dbus {

// A call that waits for its answer. It is answered exactly once and leaves exactly one audit record; one that is
// dropped unanswered is refused. Nothing here throws: the bus may be gone by now.
class OpenCall {
 public:
  OpenCall(AuditRecord record, AuditPort& audit) : record_(std::move(record)), audit_(audit) {}
  virtual ~OpenCall() = default;
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;

  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool decided() const { return decided_; }
  [[nodiscard]] const std::string& caller_name() const { return record_.caller.bus_name; }

  // The authority has answered; again with whom the caller calls for.
  void decide(Caller caller) {
    record_.caller = std::move(caller);
    decided_ = true;
  }

  void refuse(const CallError& error) noexcept;
  // Runs `action`; an exception of it becomes the answer.
  void attempt(const std::function<void()>& action) noexcept;

 protected:
  virtual void send_error(const sdbus::Error& error) = 0;
  virtual void release() = 0;  // the message, which must not outlive the connection
  void settle(const std::string& error, const std::function<void()>& send) noexcept;
  void refuse_if_dropped() noexcept;

 private:
  AuditRecord record_;
  AuditPort& audit_;
  bool decided_ = false;
  bool answered_ = false;
};

template <class... R>
class Reply final : public OpenCall, public std::enable_shared_from_this<Reply<R...>> {
 public:
  Reply(AuditRecord record, AuditPort& audit, sdbus::Result<R...>&& result)
      : OpenCall(std::move(record), audit), result_(std::move(result)) {}
  ~Reply() override { refuse_if_dropped(); }

  void succeed(const R&... results) noexcept {
    settle("", [&] { result_->returnResults(results...); });
  }

  // For a port that answers later: `deliver(reply, result)` makes the result of the port the answer.
  template <class T, class Deliver>
  Completion<T> completion(Deliver deliver) {
    return [self = this->shared_from_this(), deliver](std::variant<T, CallError> outcome) {
      if (const auto* error = std::get_if<CallError>(&outcome)) return self->refuse(*error);
      self->attempt([&] { deliver(*self, std::get<T>(outcome)); });
    };
  }

 private:
  void send_error(const sdbus::Error& error) override { result_->returnError(error); }
  void release() override { result_.reset(); }

  std::optional<sdbus::Result<R...>> result_;
};

}  // namespace edgeseal::dbus
