#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>

#include "dbus/secret.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// A secret as a message has it, Wire being ByteArray or std::string. Reading it marks the message, so that libsystemd
// overwrites it when it ends: what sdbus-c++ copies out of a message for a Variant is a message, too.
template <class Wire>
struct Sensitive {
  Secret value;
};

sdbus::Message& operator>>(sdbus::Message& message, Sensitive<ByteArray>& secret);
sdbus::Message& operator>>(sdbus::Message& message, Sensitive<std::string>& secret);

// The same for what may be secrets among the options, unread: the call may be refused before anything reads them.
void mark_secrets(const VariantMap& options);

// For an answer; whoever gets it overwrites it (wipe).
[[nodiscard]] ByteArray to_array(const Secret& secret);
void wipe(ByteArray& array) noexcept;

}  // namespace edgeseal::dbus

template <class Wire>
struct sdbus::signature_of<edgeseal::dbus::Sensitive<Wire>> : sdbus::signature_of<Wire> {};
