#include "dbus/reply.h"

#include "dbus/bus_error.h"

namespace edgeseal::dbus {

void OpenCall::refuse(const CallError& error) noexcept {
  settle(error.name, [&] { send_error(bus_error(error)); });
}

void OpenCall::attempt(const std::function<void()>& action) noexcept {
  try {
    action();
  } catch (...) {
    refuse(caller_error(audit_, record_.member));
  }
}

void OpenCall::settle(const std::string& error, const std::function<void()>& send) noexcept {
  if (answered_) return;
  answered_ = true;
  record_.success = error.empty();
  record_.error = error;
  contain(audit_, record_.member, [&] { audit_.record(record_); });
  contain(audit_, record_.member, send);
  release();
}

void OpenCall::refuse_if_dropped() noexcept {
  if (!answered_) refuse(CallError("InternalError", "the operation ended without a result"));
}

}  // namespace edgeseal::dbus
