#pragma once

#include <string>

#include "dbus/compat.h"
#include "dbus/secret.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// A secret as a Variant has it, Wire being ByteArray or std::string: read into memory that is overwritten, without a
// copy between. A Variant of sdbus-c++ is a message of its own; reading marks it, so that libsystemd overwrites it when
// it ends. Not so the memory that it outgrew while libsystemd made it: only descriptors leave nothing.
template <class Wire>
struct Sensitive {
  Secret value;
};

sdbus::Message& operator>>(sdbus::Message& message, Sensitive<ByteArray>& secret);
sdbus::Message& operator>>(sdbus::Message& message, Sensitive<std::string>& secret);

// For an answer; whoever gets it overwrites it (wipe).
[[nodiscard]] ByteArray to_array(const Secret& secret);
void wipe(ByteArray& array) noexcept;

}  // namespace edgeseal::dbus

template <class Wire>
struct sdbus::signature_of<edgeseal::dbus::Sensitive<Wire>> : sdbus::signature_of<Wire> {};
