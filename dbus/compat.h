#pragma once

// The one file that knows sdbus-c++ 1.2 and 2.x apart, and the one that reaches below it: sdbus-c++ shows neither the
// flags of a message nor a filter before the objects, so that both are asked of sd-bus. All that use sdbus-c++ include
// it instead, the generated headers too.

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#if __has_include(<sdbus-c++/VTableItems.h>)
#define EDGESEAL_SDBUS_2 1
#else
#define EDGESEAL_SDBUS_2 0
#endif

namespace edgeseal::dbus::compat {

#if EDGESEAL_SDBUS_2
using AsyncError = std::optional<sdbus::Error>;
using ServiceName = sdbus::ServiceName;
using InterfaceName = sdbus::InterfaceName;
using MethodName = sdbus::MethodName;
using ErrorName = sdbus::Error::Name;
#else
using AsyncError = const sdbus::Error*;
using ServiceName = std::string;
using InterfaceName = std::string;
using MethodName = std::string;
using ErrorName = std::string;
#endif

inline sdbus::Error error(std::string name, const std::string& message) {
  return sdbus::Error(ErrorName(std::move(name)), message);
}

// Of a type of C++, as D-Bus writes it: "a{sv}".
template <class T>
std::string signature() {
#if EDGESEAL_SDBUS_2
  const auto& characters = sdbus::signature_of<T>::value;
  return {characters.begin(), characters.end()};
#else
  return sdbus::signature_of<T>::str();
#endif
}

// One message of the bus, if there is one. False: nothing was pending.
inline bool process_one(sdbus::IConnection& connection) {
#if EDGESEAL_SDBUS_2
  return connection.processPendingEvent();
#else
  return connection.processPendingRequest();
#endif
}

// Absolute, CLOCK_MONOTONIC; none: no time limit is running.
inline std::optional<std::chrono::microseconds> deadline(const sdbus::IConnection::PollData& data) {
#if EDGESEAL_SDBUS_2
  if (data.timeout == std::chrono::microseconds::max()) return std::nullopt;
  return data.timeout;
#else
  if (data.timeout_usec == std::numeric_limits<uint64_t>::max()) return std::nullopt;
  return std::chrono::microseconds(data.timeout_usec);
#endif
}

// Borrowed: as long as the message.
inline sd_bus_message* raw(const sdbus::Message& message) {
  struct Opened : sdbus::Message {
    static void* of(const sdbus::Message& closed) { return closed.*(&Opened::msg_); }
  };
  return static_cast<sd_bus_message*>(Opened::of(message));
}

// The call that a handler of the object is answering; borrowed, as long as the handler runs.
inline sd_bus_message* current_call(const sdbus::IObject& object) {
#if EDGESEAL_SDBUS_2
  return raw(object.getCurrentlyProcessedMessage());
#else
  return raw(*object.getCurrentlyProcessedMessage());
#endif
}

// Borrowed: as long as the connection.
inline sd_bus* raw(sdbus::IConnection& connection) {
  auto proxy =
      sdbus::createProxy(connection, ServiceName("org.freedesktop.DBus"), sdbus::ObjectPath("/org/freedesktop/DBus"));
  const auto call = proxy->createMethodCall(InterfaceName("org.freedesktop.DBus"), MethodName("GetId"));
  return sd_bus_message_get_bus(raw(call));
}

// All calls of the connection let the callee ask the user to authenticate.
inline void allow_interaction(sdbus::IConnection& connection) {
  sd_bus_set_allow_interactive_authorization(raw(connection), 1);
}

// The handler must not throw. Asks the bus daemon and waits for its answer: only for the start.
inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& match,
                             std::function<void(sd_bus_message*)> handler) {
  auto forward = [handler = std::move(handler)](auto&& message) { handler(raw(message)); };
#if EDGESEAL_SDBUS_2
  return connection.addMatch(match, std::move(forward), sdbus::return_slot);
#else
  return connection.addMatch(match, std::move(forward));
#endif
}

}  // namespace edgeseal::dbus::compat

#if !EDGESEAL_SDBUS_2
// Bytes at once: sdbus-c++ 1.2 takes and gives them one by one, and 1 MiB, which anybody may send, then holds up
// everybody else's calls for 12 ms. In its namespace, where its templates find them.
namespace sdbus {

inline Message& operator>>(Message& message, std::vector<std::uint8_t>& bytes) {
  const void* data = nullptr;
  std::size_t size = 0;
  const int result = sd_bus_message_read_array(edgeseal::dbus::compat::raw(message), SD_BUS_TYPE_BYTE, &data, &size);
  if (result < 0) throw createError(-result, "Failed to read an array of bytes");
  if (result == 0) {
    (void)message.enterContainer("y");  // which notes that there is no further one
    return message;
  }
  const auto* first = static_cast<const std::uint8_t*>(data);
  bytes.assign(first, first + size);
  return message;
}

inline Message& operator<<(Message& message, const std::vector<std::uint8_t>& bytes) {
  const int result =
      sd_bus_message_append_array(edgeseal::dbus::compat::raw(message), SD_BUS_TYPE_BYTE, bytes.data(), bytes.size());
  if (result < 0) throw createError(-result, "Failed to write an array of bytes");
  return message;
}

}  // namespace sdbus
#endif
