#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "dbus/compat.h"
#include "dbus/ports.h"

namespace edgeseal::dbus {

// A call that waits for its answer. It is answered exactly once and leaves exactly one audit record; one that is
// dropped unanswered is refused. Nothing here throws: the bus may be gone by now.
class OpenCall {
 public:
  static constexpr size_t bytes_of_one = 64 * 1024;

  // `bytes` of arguments, which stay in memory as long as the call is open.
  OpenCall(AuditRecord record, size_t bytes, AuditPort& audit)
      : record_(std::move(record)), weight_(std::max<size_t>(1, bytes / bytes_of_one)), audit_(audit) {}
  virtual ~OpenCall() = default;
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;

  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool decided() const { return decided_; }
  [[nodiscard]] bool identified() const { return identified_; }
  [[nodiscard]] std::string caller_name() const { return record_.caller.bus_name; }
  [[nodiscard]] uid_t caller_uid() const { return record_.caller.uid; }
  // Of how many calls it takes the place: one with large arguments of several.
  [[nodiscard]] size_t weight() const { return weight_; }

  // It is known who calls.
  void identify(Caller caller) {
    record_.caller = std::move(caller);
    identified_ = true;
  }

  // The authority has answered; again with whom the caller calls for.
  void decide(Caller caller) {
    identify(std::move(caller));
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
  const size_t weight_;
  AuditPort& audit_;
  bool identified_ = false;
  bool decided_ = false;
  bool answered_ = false;
};

template <class... R>
class Reply final : public OpenCall, public std::enable_shared_from_this<Reply<R...>> {
 public:
  Reply(AuditRecord record, size_t bytes, AuditPort& audit, sdbus::Result<R...>&& result)
      : OpenCall(std::move(record), bytes, audit), result_(std::move(result)) {}
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
