#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "dbus/ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

using PcrArrays = std::map<std::uint32_t, ByteArray>;  // a{uay}

// Both throw CallError "InvalidArgument" for none, for more than 24 and for what is no PCR; the first one for a value
// that hasn't 32 bytes, too.
[[nodiscard]] PcrValues pcr_values(const PcrArrays& given);
void check_pcrs(const std::vector<std::uint32_t>& given);

[[nodiscard]] PcrArrays to_arrays(const PcrValues& values);

}  // namespace edgeseal::dbus
