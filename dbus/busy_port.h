#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

struct InhibitorInfo {
  std::string who, why;
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = -1;
  std::string unit;         // of systemd; empty where there is none or can't be told
  std::uint64_t since = 0;  // microseconds since 1970 UTC
};

// org.edgeseal.Busy1: times in which nothing may be changed, and the contact that is wanted afterwards.
class BusyPort {
 public:
  virtual ~BusyPort() = default;
  // Calls `hand_over` once, with the descriptor whose copies the inhibitor lives by; it is borrowed. Throws CallError
  // "TooManyOperations".
  virtual void inhibit(const Caller& caller, const std::string& who, const std::string& why,
                       const std::function<void(int descriptor)>& hand_over) = 0;
  [[nodiscard]] virtual bool busy() const = 0;
  // Throws CallError "ServerTooBusy" that names the oldest inhibitor.
  virtual void require_free() const = 0;
  [[nodiscard]] virtual std::vector<InhibitorInfo> inhibitors() const = 0;  // the oldest first
  virtual void contact_when_free() = 0;
  // True for one caller, after which no contact is pending; false where none is due.
  virtual bool take_contact() = 0;
  [[nodiscard]] virtual bool contact_pending() const = 0;
};

}  // namespace edgeseal::dbus
