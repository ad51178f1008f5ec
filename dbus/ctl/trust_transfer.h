#pragma once

#include <cstdint>

#include "dbus/client.h"
#include "dbus/ctl/trust_list.h"

namespace edgeseal::ctl {

// The lists in use, of the masks; however large they are.
[[nodiscard]] TrustList read_trust_list(dbus::RemoteTrustList& remote, std::uint32_t masks);

inline constexpr std::uint8_t kWriteAndErase = 6;  // OpenFileMode (OPC 10000-20 §4.2.2)

// Writes to a handle that is open for writing, with progress on a terminal where it takes long.
void write_trust_list(dbus::RemoteTrustList& remote, std::uint32_t handle, const TrustList& list);

}  // namespace edgeseal::ctl
