#pragma once

#include <string>

#include "dbus/bounds.h"
#include "dbus/secret.h"

namespace edgeseal::dbus {

// A secret that a caller hands over as a descriptor: read from its first byte to its end, whatever the file offset.
// Only a file that lies in memory (memfd_create(2), tmpfs) is read. Any other descriptor, a pipe or a file on FUSE,
// lets its maker hold up whoever reads it, even with O_NONBLOCK, and with the event loop every user of a key. Throws
// CallError "InvalidArgument" that names `argument`.
[[nodiscard]] Secret read_memory_file(const std::string& argument, int descriptor, Bounds size);

// A sealed file in memory with the secret, for an answer; the descriptor is the caller's to close. Throws CallError
// "ResourceUnavailable".
[[nodiscard]] int make_memory_file(const Secret& content);

}  // namespace edgeseal::dbus
