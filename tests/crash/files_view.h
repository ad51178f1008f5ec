#pragma once

#include <string>

#include "tests/crash/client.h"
#include "tests/crash/view.h"

namespace edgeseal::crash {

// What is to be seen of a device without its agent. Both throw Mixed.

// The published files of the slot's group show the certificate and the trust list of `before`, or both of `after`.
void require_whole(const Device& device, const SlotName& slot, const View& before, const View& after);
// No file of the state has it.
void require_nowhere(const Device& device, const std::string& secret);
// The audit log is whole up to an entry, whatever happened; an agent may be writing to it.
void require_whole_audit_log(const Device& device);

}  // namespace edgeseal::crash
